"""Orders and splits by seed over more rows than memory holds."""

import contextlib
import hashlib
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

_BUCKETS = 256
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
    if file is None:
        return io.BytesIO(rest).readlines()
    file.write(rest)
    file.seek(0)
    lines = file.readlines()
    file.close()
    return lines


def first_part(keys: Sequence[int], share: float) -> int:
    """The bound below which `share` of the keys lie, to the nearest row: equal keys (equal questions) stay together.

    >>> keys = [5, 1, 9, 7, 3, 3, 8, 2, 6, 4]
    >>> sum(k < first_part(keys, 0.9) for k in keys)
    9
    """
    import numpy as np

    ordered = np.sort(np.asarray(keys, dtype=np.uint64))
    cut = round(share * len(ordered))
    return int(ordered[cut]) if cut < len(ordered) else 1 << 64
