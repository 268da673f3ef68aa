"""The runs of a sweep: what became of each, as its launcher's record says, and one run from its start to its end."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO

from swift_grpo.formats.command_line import expand
from swift_grpo.formats.events import read_events
from swift_grpo.formats.run_files import LOG as COMPLETIONS
from swift_grpo.formats.run_files import SCALARS, chain
from swift_grpo.launch import guard
from swift_grpo.launch.checkpoints import last_checkpoint
from swift_grpo.launch.end import CRITICAL, Stopped, last_error
from swift_grpo.launch.record import TIME, mask
from swift_grpo.launch.sweep import OWN, Run

LOG = "sweep.log"  # in a run's folder: what its recipe and launcher said
NEW, UNFINISHED, FAILED, DONE, FINDING = "not started", "not finished", "failed", "done", "stopped by the diagnosis"


@dataclass(frozen=True)
class State:
    """What became of a run and why; its trainer's first command, and the seconds of its last launch if that ended."""

    kind: str
    cause: str = ""
    trainer: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def over(self) -> bool:
        """Whether it is not started again."""
        return self.kind in (DONE, FINDING)


def state(folder: Path) -> State:
    """The state of the run whose OUTPUT_DIR is `folder`."""
    found = [_state(path) for path in _records(folder)]
    last = next((one for one in found if one.kind == DONE), found[-1] if found else State(NEW))
    return replace(last, trainer=found[0].trainer if found else [])  # that of a later stage of a curriculum differs


def _records(folder: Path) -> list[Path]:
    """What the launchers of a run recorded, the newest last."""
    return sorted(folder.glob("launches/*/run.json"), key=lambda path: path.stat().st_mtime)


def _state(path: Path) -> State:
    try:
        record = json.loads(path.read_bytes())
        code, cause, trainer = record.get("exit_code"), record.get("cause", ""), record["commands"][-1]
        kind = {0: DONE, CRITICAL: FINDING, None: UNFINISHED}.get(code, FAILED)  # None: killed, or a stage ended
        kind = UNFINISHED if cause.startswith("stopped by") else kind
        begun, ended = (datetime.strptime(record.get(key) or record["started"], TIME) for key in ("started", "ended"))
        return State(kind, cause, trainer, (ended - begun).total_seconds())
    except (AttributeError, ValueError, KeyError, IndexError, TypeError):  # no launcher wrote this
        return State(UNFINISHED)


def seconds_a_step(folder: Path) -> float | None:
    """Of a finished run's last launch, with loading and saving; None if there is none."""
    now, logs = state(folder), list(folder.glob(f"**/{SCALARS}"))
    steps = [event.step for event in read_events(max(logs, key=lambda path: path.stat().st_mtime))] if logs else []
    return now.seconds / (max(steps) - min(steps) + 1) if steps and now.kind == DONE else None


def differences(then: list[str], now: list[str]) -> list[str]:
    """Flags that differ between two training commands, but for those that each start sets: `--beta 0 (now 0.04)`."""
    before, after = (_flags(words) for words in (then, mask(now)))
    names = [name for name in before | after if name not in OWN and not name.endswith(("_port", "_host"))]
    shown = [(name, *(" ".join(flags.get(name, ["not given"])) for flags in (before, after))) for name in names]
    return [f"--{name} {old} (now {new})" for name, old, new in shown if old != new]


def _flags(words: list[str]) -> dict[str, list[str]]:
    """The flags of a `swift` command; those of its configuration file are in it as the file's name."""
    words = words[words.index("swift") + 2 :]
    return {"config": words[:1], **expand(words[1:])}


@contextlib.contextmanager
def held(path: Path, shared: bool = False, wait: str = "", refuse: str = "") -> Iterator[IO]:
    """A lock, which ends with the last process that has the file open. If another has it: raises ValueError with
    `refuse`, or says `wait` and waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with path.open("a") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if refuse:
                raise ValueError(refuse) from None
            print(f"swift-grpo: {wait}", file=sys.stderr, flush=True)
            fcntl.flock(file, kind)
        yield file


def environ(run: Run) -> dict[str, str]:
    """The environment of a run's recipe."""
    return {name: value for name, value in os.environ.items() if name not in OWN} | run.variables


def perform(recipe: Path, run: Run, flags: list[str], look: Callable[[str], None]) -> State:
    """Start or continue a run and wait for its end. `look` gets the newest line of its progress, every second.

    Raises Stopped after a stop signal, when the run has ended. If this process is killed, the kernel sends the run's
    launcher SIGTERM. The launcher has the run's lock open too: another start waits until it has ended.
    """
    with held(run.folder / ".lock", wait=f"{run.name} is still being stopped; waiting for its end") as lock:
        if (before := state(run.folder)).over:  # by the process that had the lock
            return before
        checkpoint = newest(run.folder)
        if before.kind != NEW:
            _set_aside(run.folder, checkpoint)
        log, begun = run.folder / LOG, time.time()
        signals = guard.stop_signals() | ({guard.OUT_OF_TIME} if "SLURM_JOB_ID" in os.environ else set())
        unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        with log.open("ab") as output:
            process = subprocess.Popen(
                ["bash", str(recipe), "--compact", *flags, *run.flags],
                env=environ(run) | ({"RESUME": "auto"} if checkpoint else {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches only this process
                pass_fds=[lock.fileno()],
                preexec_fn=guard.end_with_parent,
            )
        try:
            _wait(process, signals, lambda: look(_progress(log)))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        if any(path.stat().st_mtime >= begun - 1 for path in _records(run.folder)):
            return state(run.folder)
        return State(FAILED, last_error(log)) if process.returncode else State(DONE)  # 0: no step was left to train


def newest(folder: Path) -> Path | None:
    """The checkpoint to continue from, if there is one."""
    try:
        return last_checkpoint(folder, to_resume=True)
    except ValueError:
        return None


def _set_aside(folder: Path, checkpoint: Path | None) -> None:
    """Move what will not be continued to the logs of the newest launch: the run's folder holds one run."""
    kept = [log.parent for log in chain((checkpoint.parent / COMPLETIONS).resolve()).logs] if checkpoint else []
    for left in [path for path in folder.glob("v*-*") if path.resolve() not in kept]:
        shutil.move(left, _records(folder)[-1].parent)


def _wait(process: subprocess.Popen, signals: set[signal.Signals], look: Callable[[], None]) -> None:
    """Until the run has ended, and the evaluation of its checkpoints. A stop signal is passed on to the run."""
    stopped = 0
    while process.poll() is None or (guard.descendants() and not stopped):
        if number := guard.received(signals, 1.0):
            stopped = number
            process.terminate()
        look()
    if stopped:
        guard.stop_descendants()
        raise Stopped(stopped)


def _progress(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.startswith("  step ")), "")
