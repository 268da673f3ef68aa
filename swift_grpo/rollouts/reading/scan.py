"""Reads a byte range of completions.jsonl into columns of numbers. Holds one line of text at a time."""

import contextlib
import io
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from xxhash import xxh3_64_intdigest

from swift_grpo.formats.records import parse_line
from swift_grpo.formats.trajectories import task

LONGEST_LINE = 256 << 20  # bytes; a longer one is skipped and counted as unreadable
_BUFFER = 1 << 20
# Characters of the last piece and of the tail in which it repeats: a loop has a short period and runs until it is cut.
_TAIL, _PIECE, _NEAR = 1000, 24, 274


@dataclass
class Scan:
    """Columns of one byte range. `rows` has a value per completion, `lines` one per line; `end` is where it stopped."""

    lines: dict[str, np.ndarray]
    rows: dict[str, np.ndarray]
    rewards: dict[str, np.ndarray]
    end: int

    def to_bytes(self) -> bytes:
        """Bytes for another process: arrays in NumPy's own format, without pickle."""
        arrays = {f"lines {name}": values for name, values in self.lines.items()}
        arrays |= {f"rows {name}": values for name, values in self.rows.items()}
        arrays |= {f"reward {k}": values for k, values in enumerate(self.rewards.values())}
        names = np.frombuffer(json.dumps(list(self.rewards)).encode(), dtype=np.uint8)
        data = io.BytesIO()
        np.savez(data, allow_pickle=False, names=names, end=np.array(self.end), **arrays)
        return data.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Scan":
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            parts = {
                kind: {k.split(" ", 1)[1]: arrays[k] for k in arrays if k.startswith(kind)}
                for kind in ("lines", "rows")
            }
            names = json.loads(arrays["names"].tobytes())
            rewards = {name: arrays[f"reward {k}"] for k, name in enumerate(names)}
            return cls(parts["lines"], parts["rows"], rewards, int(arrays["end"]))


def scan(path: Path | str, start: int, end: int, classes: Collection[str] = ()) -> Scan:
    """Reads the lines that begin in [start, end), except a last one without newline. `classes`: see `parse_line`."""
    lines: dict[str, list] = {name: [] for name in ("offset", "length", "count", "step", "readable", "single")}
    rows: dict[str, list] = {
        name: []
        for name in (
            "i", "prompt_hash", "completion_hash", "total", "advantage", "entropy",
            "chars", "bytes", "thought_chars", "answers", "tail_repeats",
        )
    }  # fmt: skip
    rewards: dict[str, list] = {}
    done, stop = 0, start
    for position, length, line in lines_of(path, start, end):
        stop = position + length
        if not line.strip():
            continue
        record = None
        with contextlib.suppress(ValueError, RecursionError):
            record = parse_line(line, classes)
        _add_line(lines, position, length, record)
        if record:
            _add_rows(rows, record)
            _add_rewards(rewards, record, done)
            done += len(record.completions)
    return Scan(
        {name: np.array(values, dtype=np.int64) for name, values in lines.items()},
        {name: _column(name, values) for name, values in rows.items()},
        {name: _floats(values + [None] * (done - len(values))) for name, values in rewards.items()},
        stop,
    )


def scan_to_bytes(*job) -> bytes:
    """`scan` in a helper process."""
    return scan(*job).to_bytes()


def lines_of(path: Path | str, start: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Offset, length with the newline, and bytes of the lines that begin in [start, end).

    A last line without its newline is left out. A line above LONGEST_LINE comes as `b"too long"`.
    """
    with Path(path).open("rb", buffering=_BUFFER) as file:
        position = _first_line(file, start)
        while position < end:
            line, length, complete = _read_line(file)
            if not complete:
                return
            yield position, length, line
            position += length


def _first_line(file, start: int) -> int:
    """Moves to the first line that begins at or after `start` and returns its position."""
    if start == 0:
        return 0
    file.seek(start - 1)
    while True:
        rest = file.readline(_BUFFER)
        if rest.endswith(b"\n") or not rest:
            return file.tell()


def _read_line(file) -> tuple[bytes, int, bool]:
    """A line, its length in bytes with the newline, and whether it has one. A line that is too long is replaced."""
    line = file.readline(LONGEST_LINE)
    length = len(line)
    if length < LONGEST_LINE or line.endswith(b"\n"):
        return line, length, line.endswith(b"\n")
    while not line.endswith(b"\n") and (line := file.readline(_BUFFER)):
        length += len(line)
    return b"too long", length, line.endswith(b"\n")


def _add_line(lines: dict, position: int, length: int, record) -> None:
    lines["offset"].append(position)
    lines["length"].append(length)
    lines["count"].append(len(record.completions) if record else 0)
    lines["step"].append(-1 if record is None or record.step is None else record.step)
    lines["readable"].append(record is not None)
    lines["single"].append(record is not None and record.single)


def _add_rows(rows: dict, record) -> None:
    texts = record.completions
    n = len(texts)
    encoded = _encoded(texts)
    thoughts = _thought_chars(texts)
    rows["i"].extend(range(n))
    rows["prompt_hash"].extend(_prompt_hashes(record.prompts))
    rows["completion_hash"].extend(map(xxh3_64_intdigest, encoded))
    rows["chars"].extend(map(len, texts))
    rows["bytes"].extend(map(len, encoded))
    rows["thought_chars"].extend(thoughts)
    rows["answers"].extend([text.count("<answer>", end) for text, end in zip(texts, thoughts, strict=True)])
    rows["tail_repeats"].extend(_tail_repeats(texts))
    for name, values in (("total", record.reward), ("advantage", record.advantages), ("entropy", record.entropy)):
        rows[name].extend(repeat(None, n) if values is None else values)


def _encoded(texts: list[str]) -> list[bytes]:
    try:
        return [text.encode() for text in texts]
    except UnicodeEncodeError:  # a lone surrogate; this way takes half as long again
        return [text.encode("utf-8", "surrogatepass") for text in texts]


def _tail_repeats(texts: list[str]) -> list[int]:
    """How many times each text's last piece occurs in its tail. Loops are short, so it searches near the end first."""
    nearby = [text.find(text[-_PIECE:], -_NEAR, -1) for text in texts]
    if max(nearby, default=-1) < 0:
        return [1] * len(texts)
    return [
        1 if place < 0 else text.count(text[-_PIECE:], max(0, len(text) - _TAIL))
        for text, place in zip(texts, nearby, strict=True)
    ]


def _prompt_hashes(prompts: list[str]) -> list[int]:
    """Hashes of prompts, without turns of tools; equal neighbours, such as a group's prompts, are hashed once."""
    hashes, last, digest = [], None, 0
    for prompt in prompts:
        if prompt != last:
            last, digest = prompt, xxh3_64_intdigest(task(prompt).encode("utf-8", "surrogatepass"))
        hashes.append(digest)
    return hashes


def _thought_chars(texts: list[str]) -> list[int]:
    """Characters up to the last `</think>`; the whole text of a thought that never ends; 0 without a thought."""
    ends = [text.rfind("</think>") for text in texts]
    if min(ends, default=0) >= 0:
        return ends
    return [end if end >= 0 else len(text) if "<think>" in text else 0 for text, end in zip(texts, ends, strict=True)]


def _add_rewards(rewards: dict, record, done: int) -> None:
    for name, values in record.rewards.items():
        column = rewards.setdefault(name, [])
        column.extend(repeat(None, done - len(column)))  # lines that did not have it
        column.extend(values)


def _column(name: str, values: list) -> np.ndarray:
    if name.endswith("_hash"):
        return np.array(values, dtype=np.uint64).view(np.int64)
    return _floats(values) if name in ("total", "advantage", "entropy") else np.array(values, dtype=np.int32)


def _floats(values: list) -> np.ndarray:
    """Values in float32, as in the trainer; NaN for None and for anything that is not a number."""
    with contextlib.suppress(TypeError, ValueError, OverflowError), np.errstate(over="ignore"):
        numbers = np.array(values, dtype=np.float32)
        if numbers.ndim == 1:
            return numbers
    return np.array([_float(value) for value in values], dtype=np.float32)


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")
