"""Checks every few seconds while a trainer runs: the servers' answers, progress, and disk space."""

import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from swift_grpo.launch.alerts import Alerts
from swift_grpo.launch.checkpoints import checkpoints, size
from swift_grpo.launch.end import CRITICAL
from swift_grpo.launch.process import Part
from swift_grpo.launch.scratch import Scratch
from swift_grpo.launch.server import Answers
from swift_grpo.launch.stall import LEAST_SECONDS, Progress, diagnosis

EVERY_SECONDS = 15.0
ROOM = 1.2  # free disk in checkpoints: a warning below this, the end below one checkpoint


@dataclass(frozen=True)
class Fault:
    """What is wrong, and the log that may say why."""

    what: str
    log: Path | None = None
    code: int = 1


@dataclass
class Supervision:
    """Checks a run's servers (`answers`, one for each part but the last), its files and its disk."""

    parts: list[Part]
    answers: list[Answers]
    scratch: Scratch
    output_dir: Path | None
    stall_timeout: float = LEAST_SECONDS
    every: float = EVERY_SECONDS
    alerts: Alerts | None = None
    looked: float = field(default=0.0, init=False)
    warned: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.progress = Progress(self.output_dir, self.parts[-1].log, self.stall_timeout)
        self.looked = time.monotonic()

    def look(self) -> Fault | None:
        """The first fault found. Checks at most once every `every` seconds; alerts go out each time."""
        if self.alerts:
            self.alerts.look()
            if self.alerts.stop and self.alerts.found:
                return Fault(f"stopped: the diagnosis found: {self.alerts.found}", code=CRITICAL)
        if time.monotonic() - self.looked < self.every:
            return None
        self.looked = time.monotonic()
        self.scratch.look(process for part in self.parts for process in part.family())
        self.progress.look()
        return self._answers() or self._stall() or self._disk()

    def _answers(self) -> Fault | None:
        for part, answers in zip(self.parts, self.answers, strict=False):
            if wrong := answers.fault():
                return Fault(f"{part.title} {wrong}", part.log)
        return None

    def _stall(self) -> Fault | None:
        """Only for training, which has an --output_dir: a chat may wait for its user for hours."""
        stalled = self.progress.stalled() if self.output_dir else ""
        if not stalled:
            return None
        report = self.parts[-1].log.with_name("stall.txt")
        names = [f"{part.title} ({part.log.stem})" for part in self.parts]
        sides = {name: part.family()[1:] for name, part in zip(names, self.parts, strict=True)}  # without its guard
        states = [f"{name}: {answers.state}\n" for name, answers in zip(names, self.answers, strict=False)]
        text = diagnosis(sides)
        report.write_text(f"The run {stalled}.\n{''.join(states)}\n{text}", encoding="utf-8")
        waits = "; ".join(line for line in text.splitlines() if line.endswith((": waits", ": at work")))
        return Fault(f"the run {stalled}: {waits}; stacks in {report}")

    def _disk(self) -> Fault | None:
        """ms-swift writes a checkpoint before it removes an old one, so there must be space for one more."""
        if not self.output_dir or not (found := checkpoints(self.output_dir)):
            return None
        needed = size(max(found, key=lambda path: path.stat().st_mtime))
        free = shutil.disk_usage(self.output_dir).free
        if free >= ROOM * needed:
            self.warned = False
            return None
        said = f"{free / 1e9:.1f} GB free, a checkpoint takes {needed / 1e9:.1f} GB"
        if free < needed and not self._saving():
            return Fault(
                f"the disk is nearly full below {self.output_dir}: {said}; stopped before a checkpoint was torn"
            )
        if not self.warned:
            self.warned = True
            print(f"swift-grpo: the disk is getting full below {self.output_dir}: {said}", file=sys.stderr, flush=True)
        return None

    def _saving(self) -> bool:
        """Whether a checkpoint is being written: it lacks the file that is written last."""
        found = checkpoints(self.output_dir) if self.output_dir else []
        return any(not (path / "trainer_state.json").exists() for path in found)
