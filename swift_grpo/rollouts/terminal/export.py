"""The rollouts as one table in a file."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from swift_grpo.rollouts.index import Index

FORMATS = ("parquet", "csv", "jsonl")
_BATCH = 2 << 20  # bytes of the log in memory at once


def export(index: Index, kind: str, target: Path, text: bool) -> int:
    """Writes all rollouts except duplicates in order, with prompt, completion, solution and answer if `text`.

    Returns their number. Memory does not grow with the log. Raises ValueError for an unknown format.
    """
    import pyarrow as pa

    if kind not in FORMATS:
        raise ValueError(f"unknown format {kind}: use one of {', '.join(FORMATS)}")
    writer, count = None, 0
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(target.name + ".part")
    with temporary.open("wb") as file:
        for batch in _batches(index, text):
            writer = writer or _WRITERS[kind](file, batch.schema)
            writer.write(pa.record_batch(batch))
            count += len(batch)
        if writer:
            writer.close()
    temporary.replace(target)
    return count


def _batches(index: Index, text: bool) -> Iterator:
    import pyarrow as pa

    for first, last in _stretches(index) if text else pairwise([*range(0, index.rows, 100_000), max(index.rows, 1)]):
        query = f"SELECT * FROM counted WHERE id >= {first} AND id < {last} ORDER BY id"
        with index.db.cursor() as cursor:
            table = cursor.sql(query).to_arrow_table()
        if text:
            texts = index.texts(table.column("id").to_pylist())
            for name in ("prompt", "completion", "solution", "answer"):
                values = [_valid(getattr(one, name)) for one in texts]
                table = table.append_column(name, pa.array(values, pa.string()))
        yield table.combine_chunks().to_batches()[0] if len(table) else pa.RecordBatch.from_pylist([], table.schema)


def _stretches(index: Index) -> Iterator[tuple[int, int]]:
    """Stretches of ids, [first, last), of whole lines with a few megabytes in all."""
    lines = index.query(
        "SELECT min(id), any_value(line_length) FROM counted GROUP BY file, line_offset ORDER BY min(id)"
    )
    first, size = 0, 0
    for begin, length in lines:
        if size and size + length > _BATCH:
            yield first, begin
            first, size = begin, 0
        size += length
    yield first, max(index.rows, 1)


def _valid(text: str | None) -> str | None:
    """A text without lone surrogates, which UTF-8 cannot hold."""
    return None if text is None else text.encode("utf-8", "replace").decode()


class _JsonLines:
    def __init__(self, file, schema) -> None:
        self._file = file

    def write(self, batch) -> None:
        import orjson

        self._file.writelines(orjson.dumps(row) + b"\n" for row in batch.to_pylist())

    def close(self) -> None:
        pass


def _parquet(file, schema):
    import pyarrow.parquet as pq

    writer = pq.ParquetWriter(file, schema, compression="zstd")
    writer.write = writer.write_batch
    return writer


def _csv(file, schema):
    import pyarrow.csv

    return pyarrow.csv.CSVWriter(file, schema)


_WRITERS = {"parquet": _parquet, "csv": _csv, "jsonl": _JsonLines}
