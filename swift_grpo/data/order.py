"""Shuffles and splits rows by a seed, for more rows than fit in memory."""

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
    """16 hexadecimal digits, uniformly distributed, the same on every machine."""
    data = what.encode("utf-8", "surrogatepass") if isinstance(what, str) else what
    return hashlib.blake2b(data, digest_size=8, salt=seed.to_bytes(8, "little", signed=True)).hexdigest().encode()


def shuffled(lines: Iterable[bytes], seed: int, folder: Path) -> Iterator[bytes]:
    """The lines in an order that depends only on the seed and their number.

    A hash distributes the lines over 256 unnamed files in `folder`, and each file is sorted. Memory: 1/256 of the whole
    (for 10 GB about 100 MB with Python's overhead) and 16 MB of buffers. Disk: a second copy of the whole.
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
    """A bucket's lines. Its file is closed, which deletes it."""
    if file is None:
        return io.BytesIO(rest).readlines()
    with file:
        file.seek(0)
        return io.BytesIO(file.read() + rest).readlines()


def first_part(keys: array, share: float) -> int:
    """The bound below which `share` of the keys lie, to the nearest row. Equal keys (equal questions) stay together.

    >>> keys = array("Q", [5, 1, 9, 7, 3, 3, 8, 2, 6, 4])
    >>> sum(k < first_part(keys, 0.9) for k in keys)
    9
    """
    import numpy as np

    whole = np.frombuffer(keys, dtype=np.uint64)
    cut = round(share * len(whole))
    if cut >= len(whole):
        return 1 << 64
    chunks = [whole[i : i + _CHUNK] for i in range(0, len(whole), _CHUNK)]  # a full copy of 25 million takes 200 MB
    beginnings = ((chunk >> np.uint64(48)).astype(np.int64) for chunk in chunks)  # numpy 1 cannot count unsigned ones
    sizes = np.sum([np.bincount(chunk, minlength=1 << 16) for chunk in beginnings], axis=0)
    ends = np.cumsum(sizes)
    part = int(np.searchsorted(ends, cut, side="right"))  # the bound is among the keys with this beginning
    found = np.concatenate([chunk[(chunk >> np.uint64(48)) == part] for chunk in chunks])
    return int(np.sort(found)[cut - (ends[part] - sizes[part])])
