"""Servers for one sampling run: `swift deploy` with vLLM on loopback, under the launcher's guard, stopped at its
end."""

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from swift_grpo.cpu.settings import settings
from swift_grpo.formats.command_line import expand
from swift_grpo.launch import guard, record
from swift_grpo.launch.end import last_error
from swift_grpo.launch.ports import free_ports
from swift_grpo.launch.process import Part, start
from swift_grpo.launch.run import new_folder
from swift_grpo.launch.scratch import Scratch
from swift_grpo.launch.server import ServerFailed, wait_until_healthy
from swift_grpo.sampling.models import Endpoint, SamplingError

NAME = "model"  # what the servers call it, whatever its path
_FINGERPRINT_BYTES = 1 << 16


@dataclass(frozen=True)
class Served:
    """A model that `swift deploy` serves with vLLM on loopback while it is needed.

    `copies` servers share the work, each on `tensor_parallel` cards, taken in order from the environment variables GPUS
    or CUDA_VISIBLE_DEVICES. `flags` are further flags of `swift deploy`, such as ("--vllm_max_model_len", "4096").
    `device` is gpu, or cpu for the CPU backend. The logs of each start go to a new folder below `logs`. A model in a
    folder has a fingerprint of its weights in its name: new weights under the same path are another model, and a copy
    under another path is the same one.
    """

    model: str
    adapter: str | None = None
    copies: int = 1
    tensor_parallel: int = 1
    device: str = "gpu"
    flags: tuple[str, ...] = ()
    logs: Path = Path("output/sampling")

    @property
    def name(self) -> str:
        flags = [f"--{name} {' '.join(values)}" for name, values in expand(list(self.flags)).items() if _matters(name)]
        return " ".join([named(self.model), *([named(self.adapter)] if self.adapter else []), *sorted(flags)])

    @contextlib.contextmanager
    def open(self) -> Iterator[list[Endpoint]]:
        with serve(self) as endpoints:
            yield endpoints


@contextlib.contextmanager
def serve(served: Served) -> Iterator[list[Endpoint]]:
    """Start the servers, wait until all are healthy, and stop them in any case at the end.

    Call it in the main thread: a guard stops its server when the thread that started it ends. Raises SamplingError with
    the last error if a server ends or is not healthy in time.
    """
    ports = free_ports(served.copies)
    commands = [command(served, port, cards) for port, cards in zip(ports, _cards(served), strict=True)]
    _preflight(commands, served.device)
    guard.adopt_orphans()  # of a killed guard
    folder = new_folder(served.logs)
    record.begin(folder, commands)
    parts: list[Part] = []
    code, cause = 1, "stopped"
    scratch = Scratch()
    try:
        for number, words in enumerate(commands):
            parts.append(start("the server", words, folder / f"deploy{number}.log", environ=scratch.environ))
        for part, words in zip(parts, commands, strict=True):
            _wait(part, words)
        yield [
            Endpoint(f"http://127.0.0.1:{port}/v1", NAME, ended=_fault(p)) for port, p in zip(ports, parts, strict=True)
        ]
        code, cause = 0, "finished"
    except Exception as error:
        cause = str(error)
        raise
    finally:
        for part in parts:
            part.stop()
        if any(part.process.wait() < 0 for part in parts):
            guard.stop_descendants()  # what a killed guard left
        scratch.clear()
        record.end(folder, code, cause)


def _wait(part: Part, words: list[str]) -> None:
    """Raises SamplingError if the server ends, or another one answers on its port."""
    try:
        with contextlib.redirect_stdout(sys.stderr):  # stdout is for results
            healthy = wait_until_healthy(part, words, sleep)
    except ServerFailed as failure:
        raise SamplingError(f"{failure} (log: {part.log})") from None
    if not healthy:
        raise SamplingError(_fault(part)())


def _fault(part: Part) -> Callable[[], str]:
    """A function that returns what is wrong with a server, "" if nothing is."""

    def fault() -> str:
        what = part.fault()
        return f"{part.title} {what}: {last_error(part.log)} (log: {part.log})" if what else ""

    return fault


def command(served: Served, port: int, cards: list[str]) -> list[str]:
    """The `swift deploy` command of one copy."""
    environment = [f"CUDA_VISIBLE_DEVICES={','.join(cards)}"]
    dtype = "bfloat16"
    if served.device == "cpu":
        cpu = settings(served.copies)
        environment, dtype = cpu.variables(), cpu.dtype
    is_adapter = (Path(served.model) / "adapter_config.json").is_file()  # its args.json names the base
    words = ["env", *environment, "swift", "deploy", "--adapters" if is_adapter else "--model", served.model]
    words += ["--infer_backend", "vllm"]
    words += ["--torch_dtype", dtype]
    words += ["--host", "127.0.0.1", "--port", str(port), "--served_model_name", NAME]
    words += ["--verbose", "false"]  # else it logs each text
    if served.adapter:
        words += ["--adapters", served.adapter]
    if rank := _lora_rank(Path(served.adapter or served.model)):
        words += ["--vllm_max_lora_rank", str(rank)]
    if served.tensor_parallel > 1:
        words += ["--vllm_tensor_parallel_size", str(served.tensor_parallel)]
    return [*words, *served.flags]


def _lora_rank(folder: Path) -> int | None:
    """The server's --vllm_max_lora_rank for an adapter, a power of two; None without one. vLLM dies above its 16."""
    try:
        rank = int(json.loads((folder / "adapter_config.json").read_bytes())["r"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return max(16, 1 << (rank - 1).bit_length())


def _cards(served: Served) -> list[list[str]]:
    """The cards of each copy, none on CPU. Raises SamplingError if there are too few."""
    if served.device == "cpu":
        return [[] for _ in range(served.copies)]
    needed = served.copies * served.tensor_parallel
    named = os.environ.get("GPUS") or os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(needed)))
    cards = [card.strip() for card in named.split(",") if card.strip()]
    if len(cards) < needed:
        raise SamplingError(
            f"{served.copies} copies on {served.tensor_parallel} card(s) each need {needed} cards, "
            f"{len(cards)} are visible; name more in GPUS, or lower --copies"
        )
    return [cards[i * served.tensor_parallel : (i + 1) * served.tensor_parallel] for i in range(served.copies)]


def _preflight(commands: list[list[str]], device: str) -> None:
    """Check the commands: raises SamplingError with the errors, prints other problems on stderr."""
    from swift_grpo.check import check_command

    problems = dict.fromkeys(p for words in commands for p in check_command(words, dict(os.environ), device=device))
    if errors := [str(problem) for problem in problems if problem.severity == "error"]:
        raise SamplingError("; ".join(errors))
    for problem in problems:
        print(f"swift-grpo: {problem}", file=sys.stderr)


def _matters(flag: str) -> bool:
    """Whether a flag of `swift deploy` changes the answers, as a template does and vLLM's memory share does not."""
    return not flag.startswith("vllm_") or flag in ("vllm_max_model_len", "vllm_quantization")


def named(model: str) -> str:
    """A hub id unchanged; for a folder its last name and a fingerprint of the files that decide its answers."""
    folder = Path(model)
    if not folder.is_dir():
        return model
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(folder.glob("*")):
        if path.suffix in (".safetensors", ".bin", ".json", ".jinja", ".txt", ".model") and path.is_file():
            size = path.stat().st_size
            with path.open("rb") as file:
                digest.update(f"{path.name} {size} ".encode() + file.read(_FINGERPRINT_BYTES))
                file.seek(max(0, size - _FINGERPRINT_BYTES))
                digest.update(file.read())
    return f"{folder.resolve().name}@{digest.hexdigest()}"
