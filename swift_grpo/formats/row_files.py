"""Readers of JSON Lines and JSON, also in gzip, CSV, TSV and parquet: each streams `(position, row, why it cannot be read)`."""

import contextlib
import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

Row = dict[str, Any]
Record = tuple[int, Row | None, str]  # position from 1 (a line, or a row), the row, or None and the reason

LONGEST_ROW = 16 << 20  # bytes; a longer row is skipped, counted and listed
_CHUNK = 1 << 20
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BETWEEN = " \t\r\n,"
_64_BITS = 2.0**63


def read_records(path: Path) -> Iterator[Record]:
    """The records of a file, by its suffix. Raises ValueError for an unknown suffix or an unreadable file, OSError."""
    if path.is_dir():
        inside = sorted(one.name for one in path.iterdir() if one.suffix.lower() in READERS)
        raise ValueError(f"{path} is a folder; name a file in it{f', such as {path / inside[0]}' if inside else ''}")
    reader = READERS.get("".join(path.suffixes[-2:]).lower() if path.suffix.lower() == ".gz" else path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path}: the name must end in {', '.join(READERS)}; rename it, or convert it")
    return reader(path)


def parse_object(text: bytes | str) -> Row:
    """One JSON object. NaN and infinities become None, integers beyond 64 bits become text. Raises ValueError.

    >>> parse_object('{"gold": 123456789012345678901234567890, "x": NaN}')
    {'gold': '123456789012345678901234567890', 'x': None}
    """
    try:
        row = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        row = _parse_slowly(text, error)
    if not isinstance(row, dict):
        raise ValueError(f"not an object but {type(row).__name__}")
    if any(isinstance(value, float) and abs(value) >= _64_BITS for value in row.values()):
        row = _parse_slowly(text, None)  # orjson rounds an integer that it cannot hold
    return row


def _parse_slowly(text: bytes | str, error: Exception | None) -> Any:
    reason = str(error).split(": line 1")[0] if error else "not JSON"
    try:
        value = _DECODER.decode(text.decode() if isinstance(text, bytes) else text)
        orjson.dumps(value)  # refuses half a surrogate pair, which could not be written again
    except (ValueError, RecursionError, TypeError):
        raise ValueError(reason) from None
    return value


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 19 else digits


_DECODER = json.JSONDecoder(parse_constant=lambda name: None, parse_int=_integer)


def _read_json(path: Path) -> Iterator[Record]:
    return _read_values(path) if spread(path) else _read_lines(path)


def _read_packed(path: Path) -> Iterator[Record]:
    try:
        yield from _read_json(path)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} cannot be read as gzip: {error}") from None


def _open(path: Path, mode: str = "rb", **how: Any) -> Any:
    return gzip.open(path, mode, **how) if path.suffix.lower() == ".gz" else path.open(mode, **how)


def spread(path: Path) -> bool:
    """Whether a JSON file, whatever its name, is a list or begins with an object of several lines, and is not JSON
    Lines. `datasets` reads all of them."""
    with _open(path) as file:
        begin = file.read(_CHUNK).removeprefix(_BOM).lstrip()
    first, _, rest = begin.partition(b"\n")
    try:
        orjson.loads(first)
        return begin[:1] == b"[" and begin[1:].lstrip()[:1] in (b"{", b"]") and not rest.strip()
    except orjson.JSONDecodeError:
        if begin[:1] == b"[":
            return begin[1:].lstrip()[:1] in (b"{", b"]", b"")
    with contextlib.suppress(ValueError, RecursionError):
        return begin[:1] == b"{" and _DECODER.raw_decode(begin.decode(errors="replace"))[1] > len(first)
    return False


def _read_lines(path: Path) -> Iterator[Record]:
    with _open(path) as file:
        if file.peek(2)[:2] in _UTF16:
            raise ValueError(f"{path} is UTF-16; convert it: iconv -f UTF-16 -t UTF-8")
        number = 0
        while line := file.readline(LONGEST_ROW + 1):
            number += 1
            if number == 1:
                line = line.removeprefix(_BOM)
            if len(line) > LONGEST_ROW and not line.endswith(b"\n"):
                _skip_line(file)
                yield number, None, f"longer than {LONGEST_ROW >> 20} MB"
            elif not line.isspace() and line:
                yield number, *_parsed(line)


def _skip_line(file) -> None:
    while (rest := file.readline(_CHUNK)) and not rest.endswith(b"\n"):
        pass


def _parsed(text: bytes | str) -> tuple[Row | None, str]:
    try:
        return parse_object(text), ""
    except ValueError as error:
        return None, str(error)


def _read_values(path: Path) -> Iterator[Record]:
    """The objects of a list, or of a sequence, read piece by piece."""
    decoder = json.JSONDecoder()
    with _open(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        text, number, at = file.read(_CHUNK).lstrip(), 0, 0
        listed = text.startswith("[")
        text = text.removeprefix("[")
        while True:
            while at < len(text) and text[at] in _BETWEEN:
                at += 1
            if listed and at < len(text) and text[at] == "]":
                return
            try:
                _, end = decoder.raw_decode(text, at)
            except (ValueError, RecursionError) as error:
                more = file.read(max(_CHUNK, len(text) - at))  # doubling, so that a long row is parsed a few times only
                if not more and not listed and at == len(text):
                    return
                if not more or len(text) - at > LONGEST_ROW:
                    why = str(error).split(": line")[0]
                    raise ValueError(f"{path}: the JSON breaks off after row {number} ({why}); fix it there") from None
                text, at = text[at:] + more, 0
                continue
            number += 1
            yield number, *_parsed(text[at:end])
            at = end
            if at > _CHUNK:
                text, at = text[at:], 0


def _read_table(delimiter: str) -> Callable[[Path], Iterator[Record]]:
    def read(path: Path) -> Iterator[Record]:
        csv.field_size_limit(LONGEST_ROW)
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            table = csv.reader(file, delimiter=delimiter)
            names = next(table, [])
            if len(set(names)) < len(names):
                raise ValueError(f"{path} names a column twice: {', '.join(n for n in names if names.count(n) > 1)}")
            number = 0
            while True:
                number += 1
                try:
                    cells = next(table)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield number, None, str(error)
                    continue
                if cells:
                    yield number, *_table_row(names, cells)

    return read


def _table_row(names: list[str], cells: list[str]) -> tuple[Row | None, str]:
    if len(cells) != len(names):
        return None, f"{len(cells)} cells for {len(names)} columns"
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return None, "not UTF-8"
    return dict(zip(names, cells, strict=True)), ""


def _read_parquet(path: Path) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, pre_buffer=False, buffer_size=_CHUNK)
        number = 0
        for batch in file.iter_batches(batch_size=256):
            for row in batch.to_pylist():
                number += 1
                yield number, row, ""
    except (pa.ArrowException, pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{path} cannot be read as parquet: {str(error).splitlines()[0]}") from None


READERS: dict[str, Callable[[Path], Iterator[Record]]] = {
    ".jsonl": _read_json,
    ".json": _read_json,
    ".jsonl.gz": _read_packed,
    ".json.gz": _read_packed,
    ".csv": _read_table(","),
    ".tsv": _read_table("\t"),
    ".parquet": _read_parquet,
}
