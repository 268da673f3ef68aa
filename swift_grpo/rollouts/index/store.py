"""The sidecar of a run: parquet parts of numbers in the user's cache folder, and a manifest that names them.

It is extended when a log grows, and rebuilt when a log is replaced. Parts are written under new names and the manifest
is replaced in one step, so a reader sees the old state or the new one. One process builds at a time.
"""

import contextlib
import fcntl
import hashlib
import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from swift_grpo.formats.events import iterate_events, read_events, reward_classes
from swift_grpo.formats.run_files import SCALARS, Run, read_args
from swift_grpo.rollouts.index import placement
from swift_grpo.rollouts.index.parts import PartWriter
from swift_grpo.rollouts.index.sidecar import VERSION, LogState, Manifest
from swift_grpo.rollouts.reading import workers
from swift_grpo.rollouts.reading.scan import Scan, scan

PART_BYTES = 32 << 20  # of the log, scanned at once
_PLACES, _PLACE = 16, 4096  # places that are hashed to recognise a replaced file, and bytes of each
_UNREADABLE_KEPT = 100
Progress = Callable[[int, int], None]


def update(run: Run, folder: Path, on_progress: Progress | None = None) -> Manifest:
    """Updates the sidecar to the logs' current length and returns its manifest."""
    key = _key(run)
    manifest = Manifest.read(folder)
    if manifest and _is_current(manifest, key, run):
        return manifest
    with _lock(folder):
        manifest = Manifest.read(folder)
        if manifest is None or not _continues(manifest, key, run):
            manifest = Manifest(VERSION, key, [_log_state(log) for log in run.logs])
        if not _is_current(manifest, key, run):
            _extend(manifest, run, folder, on_progress)
            manifest.write(folder)
            _remove_old_parts(folder, manifest)
    return manifest


def keep_accuracy(folder: Path, name: str, rows: int) -> None:
    """Stores in the sidecar the grader's result on its first `rows` rows."""
    with _lock(folder):
        if manifest := Manifest.read(folder):
            manifest.accuracy, manifest.asked_at = name, rows
            manifest.write(folder)


def _key(run: Run) -> str:
    """Group sizes, weights and reward classes: a change of them rebuilds the sidecar."""
    used = [[read_args(log.parent).get(name) for name in _USED] for log in run.logs]
    return json.dumps([used, _classes(run)])


def _classes(run: Run) -> list[str]:
    """The reward classes that a run's logging.jsonl files name."""
    named = (name for log in run.logs for name in reward_classes(iterate_events(log.with_name(SCALARS))))
    return list(dict.fromkeys(named))


_USED = ("num_generations", "num_generations_eval", "reward_weights")


def _log_state(log: Path) -> LogState:
    stat = log.stat()
    return LogState(str(log), stat.st_ino, stat.st_size, stat.st_mtime_ns, sample=_sample(log, 0))


def _sample(log: Path, read: int) -> str:
    """A hash of the beginning, the end and places between of the first `read` bytes; all would take too long."""
    digest = hashlib.blake2b(digest_size=16)
    with log.open("rb") as file:
        for place in range(_PLACES):
            file.seek(max(0, read - _PLACE) * place // (_PLACES - 1))
            digest.update(file.read(min(_PLACE, read)))
    return digest.hexdigest()


def _continues(manifest: Manifest | None, key: str, run: Run) -> bool:
    """Whether the sidecar describes the beginning of these files."""
    if manifest is None or manifest.version != VERSION or manifest.key != key or len(manifest.logs) != len(run.logs):
        return False
    return all(_same_file(state, log) for state, log in zip(manifest.logs, run.logs, strict=True))


def _same_file(state: LogState, log: Path) -> bool:
    """Whether the file is the one that was read, unchanged or longer. A changed file of the same size is not."""
    stat = log.stat()
    if state.path != str(log) or stat.st_ino != state.inode or stat.st_size < state.size:
        return False
    if stat.st_size == state.size:
        return stat.st_mtime_ns == state.changed
    return _sample(log, state.read) == state.sample


def _is_current(manifest: Manifest, key: str, run: Run) -> bool:
    """Whether the logs are read up to their end, except a line that is still being written."""
    if not _continues(manifest, key, run):
        return False
    return all(not _has_whole_line(log, state.read) for state, log in zip(manifest.logs, run.logs, strict=True))


def _has_whole_line(log: Path, start: int) -> bool:
    with log.open("rb") as file:
        file.seek(start)
        while block := file.read(1 << 20):
            if b"\n" in block:
                return True
    return False


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _extend(manifest: Manifest, run: Run, folder: Path, on_progress: Progress | None) -> None:
    classes = _classes(run)
    stats = [log.stat() for log in run.logs]  # before reading: a later change is then seen as one
    sizes = [stat.st_size for stat in stats]
    total, before = sum(sizes) - sum(state.read for state in manifest.logs), 0
    for number, (log, state, size) in enumerate(zip(run.logs, manifest.logs, sizes, strict=True)):
        args = read_args(log.parent)
        rules = placement.Rules(
            _positive(args.get("num_generations")),
            _positive(args.get("num_generations_eval")),
            placement.events_by_step(read_events(log.with_name(SCALARS))),
        )
        writer = PartWriter(manifest, folder, number)
        for part in scans(log, state.read, size, classes):
            place = placement.State(**state.place)
            place.next_group = manifest.groups
            _count_unreadable(state, part, place.next_line)
            columns = placement.place(part, place, rules)
            manifest.groups = place.next_group
            state.place = place.to_json()
            writer.add(part, columns, args.get("reward_weights"))
            before += part.end - state.read
            state.read = part.end
            if on_progress:
                on_progress(before, total)
        state.size, state.changed = size, stats[number].st_mtime_ns
        state.sample = _sample(log, state.read)
        writer.flush()


def _positive(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _count_unreadable(state: LogState, part: Scan, first_line: int) -> None:
    bad = np.flatnonzero(part.lines["readable"] == 0)
    state.unreadable += len(bad)
    room = _UNREADABLE_KEPT - len(state.unreadable_lines)
    state.unreadable_lines += (bad[:room] + first_line + 1).tolist()


def scans(log: Path, start: int, size: int, classes: list[str]) -> Iterator[Scan]:
    """Scans [start, size) part by part, in order; long stretches in two processes."""
    bounds = [*range(start, size, PART_BYTES), size]
    ranges = list(itertools.pairwise(bounds))
    if size - start < workers.PARALLEL_FROM or (os.cpu_count() or 1) < 2:
        yield from (scan(log, begin, end, classes) for begin, end in ranges)
        return
    for data in workers.run_jobs(
        "swift_grpo.rollouts.reading.scan:scan_to_bytes", [[str(log), begin, end, classes] for begin, end in ranges]
    ):
        yield Scan.from_bytes(data)


def _remove_old_parts(folder: Path, manifest: Manifest) -> None:
    """Deletes parts that the manifest no longer names, except recent ones, which another process may still read."""
    used = {part["name"] for part in manifest.parts}
    for path in folder.glob("part-*.parquet"):
        if path.name not in used and time.time() - path.stat().st_mtime > 3600:
            path.unlink(missing_ok=True)
