"""Converts other logs into the completions.jsonl and logging.jsonl that all other code reads: TRL's and verl's logs
with one file per step, and runs with only scalars."""

import fcntl
import itertools
import json
import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swift_grpo.formats.cache import cache_folder
from swift_grpo.formats.foreign_scalars import file_logger, scalars_of, trainer_state
from swift_grpo.formats.records import number_columns

_LINKED = ("logging.jsonl", "args.json", "step_times.jsonl")
_MOST_COLUMNS = 8  # of numbers, to search for the rewards
_LIKE_A_REWARD = re.compile("reward|score|acc|format|func|penalt|correct|match", re.IGNORECASE)
_DECIDED = 3  # files after which the choice is final
_POOLED = 20  # files that are used to find the reward columns


@dataclass(frozen=True)
class Steps:
    """The files of a run, one per step. `lines` turns a file into lines without some columns, None if it cannot be
    read. Without a pattern the run has only scalars."""

    folder: Path
    pattern: str = ""
    lines: Callable[[Path, Collection[str]], bytes | None] | None = None
    extra: Callable[[list[Path]], list[str]] | None = None  # columns of numbers that are not rewards

    def files(self) -> list[Path]:
        """In order of their steps."""
        if not self.pattern:
            return []
        found = [(int(step[1]), path) for path in self.folder.glob(self.pattern) if (step := _STEP.search(path.stem))]
        return [path for _, path in sorted(found)]

    def convert(self) -> Path:
        """Append new files to the log in the cache, and return its path. A different first file starts a new log.

        An unreadable file becomes an unreadable line. The newest file may still be in writing; then the next call reads
        it.
        """
        files = self.files()
        if files:
            first = files[0].stat()
            folder = cache_folder(files[0].resolve(), Path(f"{first.st_ino}-{first.st_mtime_ns}"))
        else:
            folder = cache_folder(self.folder.resolve(), Path("scalars"))
        log, state = folder / "completions.jsonl", folder / "converted.json"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._scalars(folder)
            done: dict = json.loads(state.read_bytes()) if state.exists() else {"files": 0, "bytes": 0}
            extra: list[str] = done.get("extra", [])
            if "extra" not in done and self.extra:
                extra = self.extra(files)
                done |= {"extra": extra} if len(files) >= _DECIDED else {}
            if not log.exists() or log.stat().st_size != done["bytes"]:  # a killed process appended to it
                log.touch()
                os.truncate(log, done["bytes"])
            for path in files[done["files"] :]:
                lines = self.lines(path, extra) if self.lines else b""
                if lines is None and path == files[-1]:
                    break
                with log.open("ab") as file:
                    file.write(lines or b"unreadable\n")
                done |= {"files": done["files"] + 1, "bytes": log.stat().st_size}
            temporary = state.with_suffix(".new")
            temporary.write_text(json.dumps(done))
            temporary.replace(state)
        return log

    def _scalars(self, folder: Path) -> None:
        """Put logging.jsonl next to the log: other trainers' scalars, or a link to the run's own file."""
        if not self.pattern and (self.folder / "logging.jsonl").is_file():
            for name in _LINKED:
                link = folder / name
                link.unlink(missing_ok=True)
                if (self.folder / name).is_file():
                    link.symlink_to((self.folder / name).resolve())
            return
        place = self.folder.parent if self.folder.name == "completions" else self.folder
        lines, log = scalars_of(place), folder / "logging.jsonl"
        if lines is not None and not (log.is_file() and log.read_bytes() == lines):
            temporary = log.with_suffix(".new")
            temporary.write_bytes(lines)
            temporary.replace(log)


def steps_of(path: Path) -> Steps | None:
    """The files per step in an output folder of TRL (`log_completions=True`) or a `rollout_data_dir` of verl."""
    kinds = (
        Steps(path / "completions", "completions_*.parquet", _trl, _extra),
        Steps(path, "[0-9]*.jsonl", _verl),
    )
    return next((kind for kind in kinds if kind.files()), None)


def steps_below(path: Path) -> Steps | None:
    """The newest such files one or two folders further down, without verl's dumps of its validation."""
    below = [one for one in (*path.glob("*/"), *path.glob("*/*/")) if not re.search("val|eval|test", one.name)]
    found = [steps for one in below if (steps := steps_of(one))]
    return max(found, key=lambda steps: steps.files()[-1].stat().st_mtime, default=None)


def scalars_alone(path: Path) -> Steps | None:
    """A GRPO run without completions: the newest logging.jsonl with a reward at a path or below, else scalars of TRL or
    verl there."""
    listed = [*path.glob("logging.jsonl"), *path.glob("*/logging.jsonl"), *path.glob("*/*/logging.jsonl")]
    rewarded = [one for one in listed if b'"reward"' in one.read_bytes()[: 1 << 20]]
    if rewarded:
        return Steps(max(rewarded, key=lambda one: one.stat().st_mtime).parent)
    return (
        Steps(path) if (trainer_state(path) or file_logger(path)) and b'"reward"' in (scalars_of(path) or b"") else None
    )


def _trl(path: Path, extra: Collection[str]) -> bytes | None:
    """A step's columns as one line of JSON. Written by TRL 0.29.1, `trainer/grpo_trainer.py`, `log`."""
    columns = _columns(path)
    if columns is None:
        return None
    return json.dumps({k: v for k, v in columns.items() if k not in extra}, default=str).encode() + b"\n"


def _columns(path: Path) -> dict[str, list] | None:
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.read_table(path).to_pydict()
    except (OSError, pyarrow.ArrowException):
        return None


def _extra(files: list[Path]) -> list[str]:
    """The columns of numbers that are not rewards: TRL writes the columns of `log_extra` without a mark.

    The rewards are the fewest columns whose sum explains the advantage in every group, and columns that are constant in
    each group and named like a reward. [] if no columns do.
    """
    read = [columns for path in files[:_POOLED] if (columns := _columns(path)) and "advantage" in columns]
    names = [name for name in number_columns(read[0]) if all(name in one for one in read)] if read else []
    if not 1 < len(names) <= _MOST_COLUMNS:
        return []
    groups = []
    for one in read:
        table = np.array([one[name] for name in [*names, "advantage"]], dtype=float)
        for _, rows in itertools.groupby(range(table.shape[1]), key=lambda k: str(one["prompt"][k])):
            groups.append(np.nan_to_num(table[:, list(rows)]))
    varied = [name for k, name in enumerate(names) if any(np.ptp(group[k]) > 0 for group in groups)]
    for size in range(1, len(varied) + 1):
        for chosen in itertools.combinations(varied, size):
            if all(_follows(group[[names.index(n) for n in chosen]].sum(axis=0), group[-1]) for group in groups):
                kept = {*chosen, *(name for name in names if name not in varied and _LIKE_A_REWARD.search(name))}
                return [name for name in names if name not in kept]
    return []


def _follows(total: np.ndarray, advantage: np.ndarray) -> bool:
    """Whether a group's advantages are its totals minus their mean, up to scale."""
    apart, wanted = total - total.mean(), advantage - advantage.mean()
    if np.abs(wanted).max() < 1e-6 or np.abs(apart).max() < 1e-6:
        return np.abs(wanted).max() < 1e-6 and np.abs(apart).max() < 1e-6
    return float(apart @ wanted / np.sqrt((apart @ apart) * (wanted @ wanted))) > 1 - 1e-4


def _verl(path: Path, _: Collection[str]) -> bytes | None:
    """A step's lines, one per completion. Written by verl, `trainer/ppo/ray_trainer.py`, `_dump_generations`."""
    try:
        lines = path.read_bytes()
    except OSError:
        return None
    return lines if lines.endswith(b"\n") else None


_STEP = re.compile(r"(\d+)$")
