"""A value of --dataset, and the first rows of the file or folder that it names."""

import re
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from swift_grpo.formats.command_line import path_of
from swift_grpo.formats.row_files import spread
from swift_grpo.formats.rows import Unreadable, read_rows

ROWS_READ = 2000
COUNTED_BYTES = 200_000_000  # of a file, beyond which its rows are not counted
CELLS = {int: re.compile(r"[+-]?\d{1,18}"), float: re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")}
LFS_POINTER = b"version https://git-lfs"
SUFFIXES = (
    ".jsonl",
    ".json",
    ".csv",
    ".parquet",
    ".txt",
    ".arrow",
)  # dataset/loader.py: those that datasets has a builder for


@dataclass
class Source:
    """A value of --dataset as ms-swift takes it apart (dataset/dataset_syntax.py): `[HF::|MS::]NAME[:subset…][#rows]`."""

    given: str
    name: str = ""
    sample: str | None = None
    hub: str = ""  # hf, ms, or '' for the default


def parse(given: str) -> Source:
    """
    >>> parse("HF::openai/gsm8k:main#500")
    Source(given='HF::openai/gsm8k:main#500', name='openai/gsm8k', sample='500', hub='hf')
    """
    if exists(given):
        return Source(given, given)
    hub, _, rest = given.rpartition("::")
    if exists(rest):
        return Source(given, rest, None, hub.lower())
    name, mark, sample = rest.rpartition("#")
    name, number = (name, sample) if mark else (rest, None)
    return Source(given, name if exists(name) else name.partition(":")[0], number, hub.lower())


def exists(name: str) -> bool:
    """Whether a file or folder is there; a name that no file can have is none."""
    try:
        return path_of(name).exists()
    except (OSError, ValueError):
        return False


@dataclass
class Table:
    """The first rows of a data set and what is known of the rest."""

    name: str
    rows: list[dict[str, Any]]
    count: int | None  # all rows, None if they were not counted
    unreadable: list[Unreadable] = field(default_factory=list)


def read_table(source: Source) -> Table:
    """Raises ValueError and OSError for what cannot be read at all."""
    path = Path(source.name)
    if path.is_dir():
        files = sorted(
            p
            for p in path.rglob("*")
            if p.suffix in SUFFIXES and p.is_file() and not p.name.startswith(("dataset_info", "state.json"))
        )
        if not files:
            raise ValueError(
                f"the folder has no data file ({', '.join(SUFFIXES[:4])}): it is empty, or of another kind"
            )
        path = next((file for file in files if "train" in file.name), files[0])
    if path.suffix not in SUFFIXES:
        suffix = f"ends in {path.suffix}" if path.suffix else "has no ending"
        unpack = ": unpack it, such as with gunzip" if path.suffix in {".gz", ".zip", ".zst", ".bz2", ".xz"} else ""
        raise ValueError(
            f"its name {suffix}, for which ms-swift has no reader{unpack}; it reads {', '.join(SUFFIXES[:4])}"
        )
    if path.stat().st_size == 0:
        return Table(source.given, [], 0)
    with path.open("rb") as file:
        if file.read(len(LFS_POINTER)) == LFS_POINTER:
            raise ValueError("it is a pointer of git-lfs and not the data: run `git lfs pull` where it came from")
    if path.suffix in {".txt", ".arrow"}:
        return Table(source.given, [], None)
    reader = read_rows(path)
    rows = list(islice(reader, ROWS_READ))
    if path.suffix == ".csv":
        _make_numbers(rows)
    count = reader.read if len(rows) < ROWS_READ else _count(path)
    return Table(source.given, rows, count, list(reader.listed))


def _make_numbers(rows: list[dict[str, Any]]) -> None:
    """Columns of a CSV that hold nothing but numbers as the numbers that pandas, which `datasets` reads it with, makes."""
    for column in rows[0] if rows else ():
        cells = [row[column].strip() for row in rows]
        for kind, pattern in CELLS.items():
            if all(map(pattern.fullmatch, cells)):
                for row, cell in zip(rows, cells, strict=True):
                    row[column] = kind(cell)
                break


def _count(path: Path) -> int | None:
    """The rows of a long file: lines of JSON, or what a parquet file says."""
    if path.suffix == ".parquet":
        import pyarrow.parquet

        return pyarrow.parquet.read_metadata(path).num_rows
    if path.suffix != ".jsonl" or path.stat().st_size > COUNTED_BYTES or spread(path):
        return None
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
