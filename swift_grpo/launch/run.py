"""Runs a trainer, and before it the rollout server it needs, until the trainer ends or somebody says stop."""

import re
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from swift_grpo.launch import guard, record
from swift_grpo.launch.command import title
from swift_grpo.launch.process import Part, start
from swift_grpo.launch.progress import CompactOutput
from swift_grpo.launch.server import ServerFailed, wait_until_healthy

LOOK_EVERY_SECONDS = 1.0
GUARD_SECONDS = guard.GRACE_SECONDS + 3  # a guard that has not ended its command by then is itself in trouble
EXCEPTION = re.compile(r"(\[rank\d+\]: )?[\w.]*(Error|Exception)\b: .")
CERTAIN = re.compile(r"WeightSyncError: .")  # what plugin/weight_sync.py says, whatever else went wrong before


class Stopped(Exception):
    """A stop signal arrived."""

    def __init__(self, number: int) -> None:
        self.number = number


@dataclass(frozen=True)
class End:
    """How a run ended: its exit code, what happened, and the log that has the reason."""

    code: int
    what: str
    log: Path | None = None

    def cause(self) -> str:
        return f"{self.what}: {last_error(self.log)}" if self.log else self.what


def launch(commands: list[list[str]], folder: Path, compact: bool = False) -> int:
    """Start every command but the last as a rollout server, wait until it is healthy, then run the last, the trainer.

    The trainer's output goes to the terminal, with `compact` as one short line every few seconds.
    Logs, the exact commands, versions and the cause of the end go to `folder`. Returns the trainer's exit code, 1 when a
    server or a guard failed first, 128 + n after signal n. Whatever happens, no process of any command is left.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _stop_signals())
    guard.adopt_orphans()  # those of a guard that was killed
    parts: list[Part] = []
    record.begin(folder, commands)
    end = End(1, "the launcher failed")
    try:
        end = _run(commands, folder, compact, parts)
    except Stopped as stop:
        end = End(128 + stop.number, f"stopped by {signal.Signals(stop.number).name}")
    except ServerFailed as failure:
        end = End(1, str(failure))
    finally:
        _stop_all(parts)
        cause = end.cause()
        record.end(folder, end.code, cause)
    if end.code:
        print(f"swift-grpo: {cause}; logs in {folder}", file=sys.stderr)
    return end.code


def _run(commands: list[list[str]], folder: Path, compact: bool, parts: list[Part]) -> End:
    """Fill `parts` one by one, then watch them."""
    for number, command in enumerate(commands[:-1]):
        server = start("the rollout server", command, folder / f"rollout{number or ''}.log")
        parts.append(server)
        if not wait_until_healthy(server, command, _pause):
            return _ended(server)
    if compact and len(commands) > 1:
        print("swift-grpo: the trainer is loading (usually half a minute, more for a large model)", flush=True)
    show = CompactOutput().feed if compact else bytes
    parts.append(start(title(commands[-1]), commands[-1], folder / "train.log", show))
    return _watch(parts)


def _watch(parts: list[Part]) -> End:
    """Wait for the trainer (the last part) to end, or for something to go wrong with a part."""
    *servers, trainer = parts
    while trainer.process.poll() is None:
        for part in parts:
            if part.fault() and trainer.process.poll() is None:
                return _ended(part)
        _pause(LOOK_EVERY_SECONDS)
    # A server that fails makes the trainer fail, often before the next look.
    broken = [server for server in servers if server.fault()] if trainer.process.returncode else []
    return _ended(broken[0] if broken else trainer)


def _ended(part: Part) -> End:
    code = part.process.poll()
    if code == 0 and part.copier:  # only the trainer's output is copied
        return End(0, "finished")
    is_trainer = part.copier is not None and code is not None
    return End((code if code > 0 else 128 - code) if is_trainer else 1, f"{part.title} {part.fault()}", part.log)


def _stop_signals() -> set[signal.Signals]:
    """Those the caller has not asked to ignore: under nohup a run goes on when the terminal hangs up."""
    return {number for number in guard.STOP_SIGNALS if signal.getsignal(number) != signal.SIG_IGN}


def _pause(seconds: float) -> None:
    """Sleep, unless a stop signal arrives."""
    received = signal.sigtimedwait(_stop_signals(), seconds)
    if received is not None:
        raise Stopped(received.si_signo)


def _stop_all(parts: list[Part]) -> None:
    """Stop the trainer first, so that it does not complain of a lost server. A second Ctrl-C is passed on: it kills."""
    for part in reversed(parts):
        part.stop()
        deadline = time.monotonic() + GUARD_SECONDS
        while part.process.poll() is None:
            if signal.sigtimedwait(_stop_signals(), 0.1) is not None:
                part.process.terminate()
            if time.monotonic() > deadline:
                part.process.kill()
    guard.stop_descendants()  # what a killed guard left
    for part in parts:
        if part.copier:
            part.copier.join(timeout=5)  # of a pipe that nobody holds any more


def last_error(log: Path) -> str:
    """The line of a log that says why a command ended: the first exception in its last 200 kB, else its last line.

    The first, since one rank's exception makes the others fail with exceptions that say nothing.
    """
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 200_000))
        lines = [line.strip() for line in file.read().decode(errors="replace").split("\n") if line.strip()]
    for pattern in (CERTAIN, EXCEPTION):
        if found := next((line for line in lines if pattern.match(line)), None):
            return found[:300]
    return (lines[-1] if lines else "no output")[:300]


def new_folder(parent: Path) -> Path:
    """A folder of `parent` named after this moment, not made yet."""
    return parent / time.strftime("%Y%m%d-%H%M%S")
