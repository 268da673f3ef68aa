"""How a run ended."""

import re
from dataclasses import dataclass
from pathlib import Path

from swift_grpo.launch.causes import tail
from swift_grpo.printable import one_line

# the second form is uvicorn's if a port is taken
EXCEPTION = re.compile(r"(\[rank\d+\]: )?[\w.]*(Error|Exception)\b: .|ERROR: +\[Errno \d+\]")
# lines without information: a Python with a killed child, torchrun's frame, ms-swift's command, uvicorn's end
LAST_WORDS = re.compile(
    r"warnings\.warn\(|.*resource_tracker|[=-]+$|run sh:|INFO: +(Shutting|Waiting|Application|Finished)"
)
FRAME = re.compile(r'(?:\[rank\d+\]: +)?File "([^"<>]+)", line (\d+), in ')
INSTALLED = re.compile(r"/(site|dist)-packages/|/lib/python\d")  # not a plugin's
CERTAIN = re.compile(r"WeightSyncError: .")  # from plugin/weight_sync.py; comes before any other exception
CALL_FAILED = "[ERROR:swift] Method execution failed: "  # pipelines/infer/rollout.py: the worker answers None, so 500
CRITICAL = 3  # the exit code of a run that the diagnosis ended


class Stopped(Exception):
    """A stop signal arrived, here or on another node of the run."""

    def __init__(self, number: int) -> None:
        self.number = number


@dataclass(frozen=True)
class End:
    """How a run ended: its exit code, what happened, the log that has the reason, the command of a stage that follows."""

    code: int
    what: str
    log: Path | None = None
    stage: list[str] | None = None

    @property
    def stopped(self) -> bool:
        """Whether a stop signal or the diagnosis ended it."""
        return self.what.startswith(("stopped by", "stopped: "))

    @property
    def event(self) -> str:
        """ended (it finished, or was stopped), stalled or failed."""
        if self.code == 0 or self.stopped:
            return "ended"
        return "stalled" if self.what.startswith("the run made no progress") else "failed"

    def cause(self) -> str:
        return f"{self.what}: {last_error(self.log)}" if self.log else self.what


def last_error(log: Path) -> str:
    """The line of a log that says why a command ended: the first exception in its last 200 kB, else its last line.

    The first one, since one rank's exception makes the others fail with exceptions that do not help. If it came through
    a file that is not installed, such as a plugin, that file and line are added.
    """
    lines = [line.strip() for line in re.split(r"[\r\n]", tail(log)) if line.strip()]
    lines = [line for line in lines if not LAST_WORDS.match(line)]
    for pattern in (CERTAIN, EXCEPTION):
        if (at := next((n for n, line in enumerate(lines) if pattern.match(line)), None)) is not None:
            return lines[at][:300] + (_place(lines[:at]) if pattern is EXCEPTION else "")
    return (lines[-1] if lines else "no output")[:300]


def failed_call(log: Path) -> str:
    """The exception of the last call that failed in a rollout server, the first of a chain, with its place as in
    `last_error`; '' if none failed. The server goes on, and only its log says why it answered 500."""
    *_, block = ["", *tail(log).split(CALL_FAILED)[1:]]
    lines = block.splitlines()[1:]  # without the call's name
    at = next((n for n, line in enumerate(lines) if not line.startswith((" ", "Traceback"))), 0)
    error = one_line(lines[at], 300) if at else ""  # it may quote the model
    return error and error + _place([line.strip() for line in lines[:at]])


def _place(before: list[str]) -> str:
    """The place in the user's own files from the traceback at the end of these lines; '' if there is none."""
    begun = max(
        (n for n, line in enumerate(before) if "Traceback (most recent call last)" in line), default=len(before)
    )
    frames = [found for line in before[begun:] if (found := FRAME.match(line)) and not INSTALLED.search(found[1])]
    return f" ({frames[-1][1]}, line {frames[-1][2]})" if frames else ""
