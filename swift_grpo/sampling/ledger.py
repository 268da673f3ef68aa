"""The file of a set: one writer at a time, only whole lines, no sample twice.

Each sample is one write(2) of a whole line in append mode. So a killed process loses only the requests in flight: the
page cache outlives the process. Against a power failure the file is synced every few seconds and at the end.
"""

import fcntl
import os
from pathlib import Path
from typing import Any

import orjson

from swift_grpo.formats.samples import Sample, SamplingParameters, header_of, parse, read_header
from swift_grpo.sampling.models import SamplingError

_LISTED = 5


class Ledger:
    """The open, locked file of one set. `done` holds its (prompt_id, index) pairs; `notes` says what was wrong with
    it."""

    def __init__(self, folder: Path, model: str, parameters: SamplingParameters) -> None:
        """Raises SamplingError if another process writes the set, or the folder cannot be written."""
        self.header = header_of(model, parameters)
        self.path = folder / f"samples-{self.header['set']}.jsonl"
        self.done: set[tuple[str, int]] = set()
        self.notes: list[str] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.notes += _other_sets(folder, self.header) if not self.path.exists() else []
            self._fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise SamplingError(f"{folder} cannot be written: {error.strerror}; name another folder") from None
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read()
        except BlockingIOError:
            os.close(self._fd)
            raise SamplingError(f"another process is writing {self.path}: wait for it, or stop it") from None
        except BaseException:
            os.close(self._fd)
            raise

    def append(self, sample: Sample) -> None:
        """Raises SamplingError if the disk is full; the file then still ends in a whole line."""
        self._write(sample.line())
        self.done.add((sample.prompt_id, sample.index))

    def sync(self) -> None:
        os.fsync(self._fd)

    def close(self) -> None:
        self.sync()
        os.close(self._fd)

    def _read(self) -> None:
        """Read the existing samples, remove a torn last line, and write the header of a new file."""
        end, bad = 0, []
        with os.fdopen(os.dup(self._fd), "rb") as file:
            file.seek(0)
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    self.notes.append(f"removed half a line at the end of {self.path}; its sample is drawn again")
                    break
                end += len(line)
                if number == 1:
                    self._check_header(line)
                    continue
                try:
                    one = parse(line)
                    self.done.add((one.prompt_id, one.index))
                except ValueError:
                    bad.append(number)
        os.ftruncate(self._fd, end)
        if bad:
            shown = ", ".join(map(str, bad[:_LISTED])) + (", …" if len(bad) > _LISTED else "")
            self.notes.append(f"{len(bad)} lines of {self.path} are not samples and are skipped: {shown}")
        if end == 0:
            self._write(orjson.dumps(self.header, option=orjson.OPT_APPEND_NEWLINE))

    def _check_header(self, line: bytes) -> None:
        try:
            header = orjson.loads(line)
        except ValueError:
            header = None
        if header != self.header:
            raise SamplingError(f"{self.path} does not have this set's header; move it away, or name another folder")

    def _write(self, line: bytes) -> None:
        size = os.fstat(self._fd).st_size
        try:
            written = os.write(self._fd, line)
            if written != len(line):  # written in part: the next write raises the reason
                written += os.write(self._fd, line[written:])
            if written != len(line):
                raise OSError(0, "the line was written in part")
        except OSError as error:
            os.ftruncate(self._fd, size)
            raise SamplingError(
                f"{self.path} cannot be written: {error.strerror}; all samples so far are kept: make room, "
                "then run the same command"
            ) from None


def _other_sets(folder: Path, header: dict[str, Any]) -> list[str]:
    """How a new set differs from the newest one of its folder."""
    others = sorted(folder.glob("samples-*.jsonl"), key=lambda path: path.stat().st_mtime)
    for path in reversed(others):
        try:
            before = read_header(path)
        except (OSError, ValueError):
            continue
        old, new = ({"model": h["model"], **h["parameters"]} for h in (before, header))
        changed = [f"{k} {_short(new.get(k))}, was {_short(old.get(k))}" for k in new if new[k] != old.get(k)]
        return [f"a new set, samples-{header['set']}.jsonl ({'; '.join(changed)}); {path.name} stays as it is"]
    return []


def _short(value: Any) -> str:
    text = str(value).replace("\n", " ")
    return text if len(text) <= 40 else text[:39] + "…"
