"""Detects a run without progress, and finds where it waits.

Progress is a new step in `logging.jsonl`, or anything else that the trainer writes (completions, a checkpoint's files,
its own output), since an evaluation or a checkpoint may take longer than ten steps.
"""

import shutil
import statistics
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

STEPS = 10  # median steps without a new step
LEAST_SECONDS = 600.0
FIRST_STEP_SECONDS = 3600.0  # loading, compiling and the first rollout, before any step is known
DUMP_SECONDS = 20


@dataclass
class Progress:
    """The history of a run's files. Call `look` regularly; `stalled` reports if nothing has changed for too long."""

    output_dir: Path | None
    log: Path  # the trainer's output
    least: float = LEAST_SECONDS  # --stall-timeout
    begun: float = field(default_factory=time.monotonic)
    files: dict[Path, int] = field(default_factory=dict)
    changed: float = field(default_factory=time.monotonic)
    steps: list[float] = field(default_factory=list)  # when each was seen

    def look(self, now: float | None = None) -> None:
        now = time.monotonic() if now is None else now
        sizes = {path: size for path in self._watched() if (size := _size(path)) is not None}
        if sizes != self.files:
            self.changed = now
            if any(path.name == "logging.jsonl" and size != self.files.get(path) for path, size in sizes.items()):
                self.steps.append(now)
            self.files = sizes

    def limit(self) -> float:
        """The seconds without progress that are allowed."""
        if len(self.steps) < 2:
            return max(self.least, FIRST_STEP_SECONDS if self.least >= LEAST_SECONDS else 0)
        gaps = [later - earlier for earlier, later in zip(self.steps, self.steps[1:], strict=False)]
        return max(self.least, STEPS * statistics.median(gaps))

    def stalled(self, now: float | None = None) -> str:
        """What is wrong, '' if nothing is."""
        silent = (time.monotonic() if now is None else now) - self.changed
        return f"made no progress for {silent:.0f} s (limit {self.limit():.0f} s)" if silent > self.limit() else ""

    def _watched(self) -> Iterable[Path]:
        yield self.log
        if self.output_dir:
            for pattern in ("*.jsonl", "*/*.jsonl", "checkpoint-*/**/*", "*/checkpoint-*/**/*"):
                yield from self.output_dir.glob(pattern)


def diagnosis(sides: dict[str, list[psutil.Process]]) -> str:
    """Where each process of each side waits: its Python stack by py-spy, and its CPU load."""
    for processes in sides.values():
        for process in processes:
            _share(process)
    time.sleep(1)
    lines = []
    for side, processes in sides.items():
        shares = {process: share for process in processes if (share := _share(process)) is not None}
        lines.append(f"{side}: {'at work' if any(s > 50 for s in shares.values()) else 'waits'}")
        for process, share in shares.items():
            lines += [f"  process {process.pid} {_name(process)}: {share:.0f}% of a core", _stack(process)]
    return "\n".join(lines) + "\n"


def _stack(process: psutil.Process) -> str:
    spy = shutil.which("py-spy")
    if not spy:
        return f"    Python stack: SKIPPED: py-spy is not installed; the kernel's view: {_wchan(process)}"
    try:
        done = subprocess.run(
            [spy, "dump", "--nonblocking", "--pid", str(process.pid)],
            capture_output=True,
            text=True,
            timeout=DUMP_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"    Python stack: SKIPPED: {error}"
    if done.returncode:
        return f"    Python stack: SKIPPED: {(done.stderr.strip() or 'py-spy failed').splitlines()[-1]}"
    stacks = done.stdout[
        done.stdout.find("\nPython v") + 1 :
    ]  # before that is the command line, which may hold a token
    return "\n".join(f"    {line}" for line in stacks.splitlines())


def _wchan(process: psutil.Process) -> str:
    try:
        waits = Path(f"/proc/{process.pid}/wchan").read_text().strip("0\n")
        return f"{process.status()}{f' in {waits}' if waits else ''}"
    except (OSError, psutil.Error):
        return "gone"


def _share(process: psutil.Process) -> float | None:
    try:
        return process.cpu_percent()
    except psutil.Error:
        return None


def _name(process: psutil.Process) -> str:
    try:
        words = process.cmdline()
        return " ".join(Path(word).name for word in words[:3])[:80]
    except psutil.Error:
        return ""


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
