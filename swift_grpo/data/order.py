"""Orders and splits by seed over more rows than memory holds."""

import contextlib
import hashlib
import io
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

_BUCKETS = 256
_CHUNK = 1 << 20  # keys
_HELD = 1 << 16  # bytes of a bucket that wait in memory, 16 MB in all


def key(seed: int, what: str | bytes) -> bytes:
    """16 hexadecimal digits, evenly spread, the same on every machine."""
    data = what.encode("utf-8", "surrogatepass") if isinstance(what, str) else what
    return hashlib.blake2b(data, digest_size=8, salt=seed.to_bytes(8, "little", signed=True)).hexdigest().encode()


def shuffled(lines: Iterable[bytes], seed: int, folder: Path) -> Iterator[bytes]:
    """The lines in an order that depends on the seed and their number alone.

    Lines go to 256 nameless files in `folder` by a hash, and each file is sorted: memory for 1/256 of the whole (10 GB:
    about 100 MB with Python's overhead) and 16 MB of buffers; disk for the whole once more.
    """
    with contextlib.ExitStack() as stack:
        files: dict[int, BinaryIO] = {}
        buckets = [bytearray() for _ in range(_BUCKETS)]
        for index, line in enumerate(lines):
            rank = key(seed, index.to_bytes(8, "little"))
            number = int(rank[:2], 16)
            buckets[number] += rank + line
            if len(buckets[number]) > _HELD:
                if number not in files:
                    files[number] = stack.enter_context(tempfile.TemporaryFile(dir=folder, buffering=0))
                files[number].write(buckets[number])
                buckets[number].clear()
        for number, bucket in enumerate(buckets):
            yield from (line[16:] for line in sorted(_whole(files.get(number), bucket)))
            bucket.clear()


def _whole(file: BinaryIO | None, rest: bytearray) -> list[bytes]:
    """A bucket's lines; what went to its file is closed, and with it gone."""
    if file is None:
        return io.BytesIO(rest).readlines()
    with file:
        file.seek(0)
        return io.BytesIO(file.read() + rest).readlines()


def first_part(keys: array, share: float) -> int:
    """The bound below which `share` of the keys lie, to the nearest row: equal keys (equal questions) stay together.

    >>> keys = array("Q", [5, 1, 9, 7, 3, 3, 8, 2, 6, 4])
    >>> sum(k < first_part(keys, 0.9) for k in keys)
    9
    """
    import numpy as np

    whole = np.frombuffer(keys, dtype=np.uint64)
    cut = round(share * len(whole))
    if cut >= len(whole):
        return 1 << 64
    chunks = [whole[i : i + _CHUNK] for i in range(0, len(whole), _CHUNK)]  # no copy of all: 25 million are 200 MB
    beginnings = ((chunk >> np.uint64(48)).astype(np.int64) for chunk in chunks)  # numpy 1 counts no unsigned ones
    sizes = np.sum([np.bincount(chunk, minlength=1 << 16) for chunk in beginnings], axis=0)
    ends = np.cumsum(sizes)
    part = int(np.searchsorted(ends, cut, side="right"))  # keys of one beginning, among which the bound is
    found = np.concatenate([chunk[(chunk >> np.uint64(48)) == part] for chunk in chunks])
    return int(np.sort(found)[cut - (ends[part] - sizes[part])])
