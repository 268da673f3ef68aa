"""One command of a run under its guard, with its log and the state of its processes."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from signal import SIGABRT, SIGKILL, SIGSEGV, SIGTERM

import psutil

STOPPED_SECONDS = 5  # after this long a stopped process (SIGSTOP) is a fault, since others wait for it

# exit code 128 + n: shells and guards for signal n; 256 - n: `swift` for its trainer's signal (sys.exit(-9))
KILLED = {code: f" ({n.name})" for n in (SIGABRT, SIGKILL, SIGSEGV, SIGTERM) for code in (128 + n, 256 - n)}


@dataclass
class Part:
    """A command of the run: its guard's process, its log, and the processes that it needs."""

    title: str
    process: subprocess.Popen
    log: Path
    copier: threading.Thread | None = None
    vital: dict[psutil.Process, str] = field(default_factory=dict)  # process -> its kind
    stopped_since: dict[int, float] = field(default_factory=dict)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()

    def family(self) -> list[psutil.Process]:
        """The guard and all processes below it."""
        try:
            guard = psutil.Process(self.process.pid)
            return [guard, *guard.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def fault(self) -> str:
        """What is wrong with its processes, '' if nothing: it ended, a vital one is gone, or one is stopped."""
        if (code := self.process.poll()) is not None:
            return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}{KILLED.get(code, '')}"
        for process, kind in self.vital.items():
            if _status(process) in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
                return f"lost its {kind} (process {process.pid})"
        return self._standing_still()

    def _standing_still(self) -> str:
        now = time.monotonic()
        stopped = [p for p in self.family() if _status(p) == psutil.STATUS_STOPPED]
        self.stopped_since = {p.pid: self.stopped_since.get(p.pid, now) for p in stopped}
        late = [pid for pid, since in self.stopped_since.items() if now - since >= STOPPED_SECONDS]
        return f"has a process {late[0]} that somebody stopped (SIGSTOP)" if late else ""

    def mark_vital(self) -> None:
        """Call it when a server is healthy: then its processes are workers and engine, not a temporary compiler."""
        self.vital = {process: kind for process in self.family() if (kind := _kind(process))}


def start(
    title: str,
    command: list[str],
    log: Path,
    show: Callable[[bytes], bytes] | None = None,
    environ: dict[str, str] | None = None,
) -> Part:
    """Start `command` under a guard with its output in `log`, and on the terminal as `show` converts it."""
    guarded = [sys.executable, "-m", "swift_grpo.launch.guard", str(os.getpid()), *command]
    with log.open("wb") as file:
        process = subprocess.Popen(
            guarded,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if show else file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches only the launcher, which stops the parts in order
        )
    part = Part(title, process, log)
    if show:
        part.copier = threading.Thread(target=_copy, args=(process.stdout, log, show), daemon=True)
        part.copier.start()
    return part


def _copy(source: BufferedReader, log: Path, show: Callable[[bytes], bytes]) -> None:
    """Copy the trainer's output to its log and to the terminal. Continues if the disk is full or the terminal is gone:
    else the trainer would wait for ever to write."""
    terminal, lost = True, 0
    with log.open("ab", buffering=0) as file:
        while chunk := source.read1(65536):
            try:
                file.write(chunk)
            except OSError as error:
                if not lost:
                    print(f"swift-grpo: {log} cannot be written ({error.strerror}); free disk space", file=sys.stderr)
                lost += len(chunk)
            if terminal:
                try:
                    sys.stdout.buffer.write(show(chunk))
                    sys.stdout.buffer.flush()
                except OSError:
                    terminal = False


def _status(process: psutil.Process) -> str:
    try:
        return process.status() if process.is_running() else psutil.STATUS_DEAD
    except psutil.NoSuchProcess:
        return psutil.STATUS_DEAD


def _kind(process: psutil.Process) -> str:
    """`VLLM::EngineCore` and the like, "server" for ms-swift's process, else ''. "engine or worker" for a process of
    multiprocessing: vLLM's, if setproctitle cannot set its title. It is spawned, or forked with its parent's words."""
    try:
        words, above = (" ".join(one.cmdline()) for one in (process, process.parent()))
    except (psutil.Error, AttributeError):  # gone, or its parent
        return ""
    if found := re.search(r"VLLM::\w+", words):
        return found[0]
    if "spawn_main" in words or ("swift/cli/" in words and words == above):
        return "engine or worker"
    return "server" if "swift/cli/" in words else ""
