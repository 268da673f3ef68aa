"""Servers for one sampling run: `swift deploy` with vLLM on loopback, under the launcher's guard, gone when it ends."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil

from swift_grpo.launch import record
from swift_grpo.launch.run import SERVER_TIMEOUT_SECONDS, last_error, new_folder
from swift_grpo.sampling.models import Endpoint, SamplingError, Served

NAME = "model"  # what the servers call it, whatever its path
_ANNOUNCE_SECONDS = 20.0
_SITE = Path(__file__).parents[1] / "cpu" / "site"


@contextlib.contextmanager
def serve(served: Served) -> Iterator[list[Endpoint]]:
    """Start the servers, wait until all are healthy, stop them at the end, whatever the end is.

    Raises SamplingError where one ends or is not healthy in time, with its last error.
    """
    folder = new_folder(served.logs)
    ports = _free_ports(served.copies)
    cards = _cards(served)
    commands = [command(served, port, mine) for port, mine in zip(ports, cards, strict=True)]
    _preflight(commands, served.device)
    record.begin(folder, commands)
    servers: list[_Server] = []
    cause = "stopped"
    try:
        servers += [
            _Server(words, port, folder / f"deploy{i}.log")
            for i, (words, port) in enumerate(zip(commands, ports, strict=True))
        ]
        _wait_until_healthy(servers)
        cause = "finished"
        yield [Endpoint(f"http://127.0.0.1:{one.port}/v1", NAME, ended=one.ended) for one in servers]
    except BaseException as error:
        cause = str(error) or type(error).__name__
        raise
    finally:
        for one in servers:
            one.process.terminate()
        for one in servers:
            one.process.wait()
        record.end(folder, int(cause != "finished"), cause)


def command(served: Served, port: int, cards: list[str]) -> list[str]:
    """The `swift deploy` of one copy, as it could be pasted."""
    environment = [f"CUDA_VISIBLE_DEVICES={','.join(cards)}"]
    if served.device == "cpu":  # as scripts/lib/recipe.sh has it
        path = os.environ.get("PYTHONPATH", "")
        environment = [
            f"PYTHONPATH={_SITE}{':' + path if path else ''}",
            "VLLM_PLUGINS=none",
            "VLLM_CPU_KVCACHE_SPACE=1",
        ]
        environment += [f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', '1')}", "CUDA_VISIBLE_DEVICES="]
    words = ["env", *environment, "swift", "deploy", "--model", served.model, "--infer_backend", "vllm"]
    words += ["--torch_dtype", "bfloat16", "--host", "127.0.0.1", "--port", str(port), "--served_model_name", NAME]
    words += ["--verbose", "false"]  # it would log each text
    if served.adapter:
        words += ["--adapters", served.adapter]
    if served.tensor_parallel > 1:
        words += ["--vllm_tensor_parallel_size", str(served.tensor_parallel)]
    if served.device == "cpu":
        words += ["--vllm_enforce_eager", "true"]
    return [*words, *served.flags]


class _Server:
    """One running copy."""

    def __init__(self, words: list[str], port: int, log: Path) -> None:
        self.port, self.log = port, log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "swift_grpo.launch.guard", str(os.getpid()), *words],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the sampler alone, which stops it in order
            )

    def ended(self) -> str:
        """Why it is gone; "" while it runs."""
        if self.process.poll() is None:
            return ""
        return f"the server ended with code {self.process.returncode}: {last_error(self.log)} (log: {self.log})"

    def is_healthy(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def listens(self) -> bool:
        """Whether it is this one that answers on the port: ms-swift takes another port where its own is in use."""
        guard = psutil.Process(self.process.pid)
        return any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == self.port
            for process in [guard, *guard.children(recursive=True)]
            for connection in process.net_connections("tcp")
        )


def _wait_until_healthy(servers: list[_Server]) -> None:
    begun = announced = time.monotonic()
    print(
        f"swift-grpo: {len(servers)} server(s) loading the model (usually 1 to 2 minutes), log: {servers[0].log}",
        file=sys.stderr,
        flush=True,
    )
    waiting = list(servers)
    while waiting := [one for one in waiting if not one.is_healthy()]:
        for one in servers:
            if reason := one.ended():
                raise SamplingError(reason)
        now = time.monotonic()
        if now - begun > SERVER_TIMEOUT_SECONDS:
            raise SamplingError(f"a server was not healthy after {SERVER_TIMEOUT_SECONDS} s: {waiting[0].log}")
        if now - announced > _ANNOUNCE_SECONDS:
            announced = now
            print(f"swift-grpo: still loading, {now - begun:.0f} s", file=sys.stderr, flush=True)
        time.sleep(0.5)
    for one in servers:
        if not one.listens():
            raise SamplingError(f"port {one.port} is answered by another program; start again")
    print(f"swift-grpo: healthy after {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


def _cards(served: Served) -> list[list[str]]:
    """The cards of each copy, none on CPU. Raises SamplingError where too few are named."""
    if served.device == "cpu":
        return [[] for _ in range(served.copies)]
    needed = served.copies * served.tensor_parallel
    named = os.environ.get("GPUS") or os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(needed)))
    cards = [card.strip() for card in named.split(",") if card.strip()]
    if len(cards) < needed:
        raise SamplingError(
            f"{served.copies} copies on {served.tensor_parallel} card(s) each need {needed} cards, {len(cards)} are visible; "
            "name more in GPUS, or ask for fewer by --copies"
        )
    return [cards[i * served.tensor_parallel : (i + 1) * served.tensor_parallel] for i in range(served.copies)]


def _preflight(commands: list[list[str]], device: str) -> None:
    from swift_grpo.check import check_command

    problems = dict.fromkeys(
        str(p) for words in commands for p in check_command(words, dict(os.environ), device=device)
    )
    if problems:
        raise SamplingError("; ".join(problems))


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
