"""Runs a trainer, and before it the rollout server it needs, until the trainer ends or somebody says stop."""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from swift_grpo.launch import record
from swift_grpo.launch.guard import STOP_SIGNALS
from swift_grpo.launch.progress import CompactOutput

SERVER_TIMEOUT_SECONDS = 1800  # a 70B model from a cold disk takes minutes; a server that dies is noticed at once
ANNOUNCE_EVERY_SECONDS = 20
EXCEPTION = re.compile(r"(\[rank\d+\]: )?[\w.]*(Error|Exception)\b: .")


class Stopped(Exception):
    """A stop signal arrived."""

    def __init__(self, number: int) -> None:
        self.number = number


@dataclass
class Part:
    """One command of the run under its guard, with its log."""

    title: str
    process: subprocess.Popen
    log: Path
    copier: threading.Thread | None = None

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()


def launch(commands: list[list[str]], folder: Path, compact: bool = False) -> int:
    """Start every command but the last as a rollout server, wait until it is healthy, then run the last, the trainer.

    The trainer's output goes to the terminal, with `compact` as one short line every few seconds.
    Logs, the exact commands, versions and the cause of the end go to `folder`. Returns the trainer's exit code, 1 when a
    server ended first, 128 + n after signal n. Whatever happens, no process of any command is left.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _stop_signals())
    parts: list[Part] = []
    record.begin(folder, commands)
    code, cause = 1, "the launcher failed"
    try:
        for number, command in enumerate(commands[:-1]):
            server = _start(f"rollout{number or ''}", command, folder)
            parts.append(server)
            _wait_until_healthy(server, command)
        if compact and len(commands) > 1:
            print("swift-grpo: the trainer is loading (usually half a minute, more for a large model)", flush=True)
        parts.append(_start("train", commands[-1], folder, show=CompactOutput().feed if compact else bytes))
        code, cause = _watch(parts)
    except Stopped as stop:
        code, cause = 128 + stop.number, f"stopped by {signal.Signals(stop.number).name}"
    except ServerFailed as failure:
        code, cause = 1, str(failure)
    finally:
        _stop_all(parts)
        record.end(folder, code, cause)
    if code:
        print(f"swift-grpo: {cause}; logs in {folder}", file=sys.stderr)
    return code


class ServerFailed(Exception):
    """The rollout server ended, or is not the one that answers on its port."""


def _start(name: str, command: list[str], folder: Path, show: Callable[[bytes], bytes] | None = None) -> Part:
    """Start `command` under a guard, its output in `folder/name.log`, and what `show` makes of it on the terminal."""
    log = folder / f"{name}.log"
    guarded = [sys.executable, "-m", "swift_grpo.launch.guard", str(os.getpid()), *command]
    with log.open("wb") as file:
        process = subprocess.Popen(
            guarded,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if show else file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the launcher alone, which stops the parts in order
        )
    part = Part(_title(command), process, log)
    if show:
        part.copier = threading.Thread(target=_copy, args=(process.stdout, log, show), daemon=True)
        part.copier.start()
    return part


def _copy(source: BinaryIO, log: Path, show: Callable[[bytes], bytes]) -> None:
    """Copy the trainer's output to its log and to the terminal; go on logging when the terminal goes away."""
    terminal = True
    with log.open("ab", buffering=0) as file:
        while chunk := source.read1(65536):
            file.write(chunk)
            if terminal:
                try:
                    sys.stdout.buffer.write(show(chunk))
                    sys.stdout.buffer.flush()
                except OSError:
                    terminal = False


def _stop_signals() -> set[signal.Signals]:
    """Those the caller has not asked to ignore: under nohup a run goes on when the terminal hangs up."""
    return {number for number in STOP_SIGNALS if signal.getsignal(number) != signal.SIG_IGN}


def _pause(seconds: float) -> None:
    """Sleep, unless a stop signal arrives."""
    received = signal.sigtimedwait(_stop_signals(), seconds)
    if received is not None:
        raise Stopped(received.si_signo)


def _wait_until_healthy(server: Part, command: list[str]) -> None:
    host, port = _option(command, "--host"), int(_option(command, "--port"))
    url = f"http://{host}:{port}/health/"
    print(f"swift-grpo: rollout server is loading the model (usually 1 to 2 minutes), log: {server.log}", flush=True)
    begin = announced = time.monotonic()
    while not _healthy(url):
        if server.process.poll() is not None:
            raise ServerFailed(
                f"the rollout server ended with code {server.process.returncode}: {last_error(server.log)}"
            )
        now = time.monotonic()
        if now - begin > SERVER_TIMEOUT_SECONDS:
            raise ServerFailed(f"the rollout server was not healthy after {SERVER_TIMEOUT_SECONDS} s")
        if now - announced > ANNOUNCE_EVERY_SECONDS:
            announced = now
            print(f"swift-grpo: rollout server still loading, {now - begin:.0f} s", flush=True)
        _pause(1)
    if not _listens(server.process.pid, port):
        raise ServerFailed(f"port {port} is answered by another program: ms-swift took another port; start again")
    print(f"swift-grpo: rollout server healthy after {time.monotonic() - begin:.0f} s", flush=True)


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _listens(pid: int, port: int) -> bool:
    """Whether `pid` or a descendant holds the listening socket of `port`."""
    import psutil

    guard = psutil.Process(pid)
    return any(
        connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        for process in [guard, *guard.children(recursive=True)]
        for connection in process.net_connections("tcp")
    )


def _watch(parts: list[Part]) -> tuple[int, str]:
    """Wait for the trainer (the last part) or a server to end; exit code and cause."""
    *servers, trainer = parts
    while trainer.process.poll() is None:
        for server in servers:
            if server.process.poll() is not None:
                return 1, f"the rollout server ended with code {server.process.returncode}: {last_error(server.log)}"
        _pause(0.5)
    code = trainer.process.returncode
    trainer.copier.join()
    return code, "finished" if code == 0 else f"{trainer.title} ended with code {code}: {last_error(trainer.log)}"


def _stop_all(parts: list[Part]) -> None:
    """Stop the trainer first, so that it does not complain of a lost server. A second Ctrl-C is passed on: it kills."""
    for part in reversed(parts):
        part.stop()
        while part.process.poll() is None:
            if signal.sigtimedwait(_stop_signals(), 0.1) is not None:
                part.process.terminate()


def last_error(log: Path) -> str:
    """The line of a log that says why a command ended: the first exception in its last 200 kB, else its last line.

    The first, since one rank's exception makes the others fail with exceptions that say nothing.
    """
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 200_000))
        lines = [line.strip() for line in file.read().decode(errors="replace").split("\n") if line.strip()]
    exceptions = [line for line in lines if EXCEPTION.match(line)]
    return (exceptions[:1] or lines[-1:] or ["no output"])[0][:300]


def _option(command: Iterable[str], name: str) -> str:
    words = list(command)
    return words[words.index(name) + 1]


def _title(command: list[str]) -> str:
    """`swift rlhf` for a swift command, else the program's name."""
    if "swift" in command:
        return " ".join(command[command.index("swift") :][:2])
    return Path(command[0]).name


def show(command: list[str]) -> str:
    """The command as a person would paste it: one flag with its values a line."""
    lines: list[list[str]] = [[]]
    for word in command:
        if word.startswith("--"):
            lines.append([])
        lines[-1].append(word)
    return " \\\n    ".join(shlex.join(line) for line in lines)


def split_commands(words: list[str]) -> list[list[str]]:
    """Words separated by `::` as a list of commands; the last is the trainer."""
    commands: list[list[str]] = [[]]
    for word in words:
        if word == "::":
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


def new_folder(parent: Path) -> Path:
    """A folder of `parent` named after this moment, not made yet."""
    return parent / time.strftime("%Y%m%d-%H%M%S")
