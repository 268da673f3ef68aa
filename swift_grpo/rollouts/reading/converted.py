"""Logs of a file a step, which TRL and verl write, as the one completions.jsonl that everything else here reads."""

import fcntl
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from swift_grpo.rollouts.reading.cache import cache_folder


@dataclass(frozen=True)
class Steps:
    """The files of a run, one a step: where they lie, and what turns one into lines (None: it cannot be read)."""

    folder: Path
    pattern: str
    lines: Callable[[Path], bytes | None]

    def files(self) -> list[Path]:
        """In order of their steps."""
        found = [(int(step[1]), path) for path in self.folder.glob(self.pattern) if (step := _STEP.search(path.stem))]
        return [path for _, path in sorted(found)]

    def convert(self) -> Path:
        """The log in the cache, after what is new was appended to it. It is made anew where the first file is another one.

        A file that cannot be read becomes a line that cannot be read; the newest one may still be written and is left for
        the next call.
        """
        files = self.files()
        first = files[0].stat()
        folder = cache_folder(files[0].resolve(), Path(f"{first.st_ino}-{first.st_mtime_ns}"))
        log, state = folder / "completions.jsonl", folder / "converted.json"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = json.loads(state.read_bytes()) if state.exists() else {"files": 0, "bytes": 0}
            if not log.exists() or log.stat().st_size != done["bytes"]:  # what a killed one appended
                log.touch()
                os.truncate(log, done["bytes"])
            for path in files[done["files"] :]:
                lines = self.lines(path)
                if lines is None and path == files[-1]:
                    break
                with log.open("ab") as file:
                    file.write(lines or b"unreadable\n")
                done = {"files": done["files"] + 1, "bytes": log.stat().st_size}
            temporary = state.with_suffix(".new")
            temporary.write_text(json.dumps(done))
            temporary.replace(state)
        return log


def steps_of(path: Path) -> Steps | None:
    """The files of a step each in an output folder of TRL (`log_completions=True`) or a `rollout_data_dir` of verl."""
    kinds = (Steps(path / "completions", "completions_*.parquet", _trl), Steps(path, "[0-9]*.jsonl", _verl))
    return next((kind for kind in kinds if kind.files()), None)


def _trl(path: Path) -> bytes | None:
    """A step's columns as a line of JSON. Written by TRL 0.29.1, `trainer/grpo_trainer.py`, `log`."""
    import pyarrow
    import pyarrow.parquet

    try:
        columns = pyarrow.parquet.read_table(path).to_pydict()
        return json.dumps(columns, default=str).encode() + b"\n"
    except (OSError, pyarrow.ArrowException):
        return None


def _verl(path: Path) -> bytes | None:
    """A step's lines, a completion each. Written by verl, `trainer/ppo/ray_trainer.py`, `_dump_generations`."""
    try:
        lines = path.read_bytes()
    except OSError:
        return None
    return lines if lines.endswith(b"\n") else None


_STEP = re.compile(r"(\d+)$")
