"""Finds texts that are nearly the same, among millions: MinHash sketches by datasketch, grouped by equal bands.

datasketch's own LSH keeps Python sets, several gigabytes for a million texts. Here a sketch is a numpy row of 256
bytes, and sorting finds the groups of a band.
"""

import zlib
from collections.abc import Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from swift_grpo.data.question_words import grams, words

PERMUTATIONS = 64
SIMILAR = 0.8  # estimated Jaccard similarity of the sets of runs of 3 words, +-0.05 (one standard deviation) at 64
_BANDS, _WIDTH = 12, 5  # pairs with similarity 0.8 share a band in 99% of cases, with 0.5 in 32%; these are compared
_RUN = 3
_BATCH = 8192
_WAITING = 2  # batches that may wait for a process


@dataclass(frozen=True)
class Near:
    """A text's number (from 0), the earlier text that it resembles, and the estimated similarity."""

    text: int
    other: int
    similarity: float


def near_duplicates(texts: Iterable[str], similar: float = SIMILAR) -> list[Near]:
    """Each text that resembles or equals an earlier one, once, in order. Texts of fewer than 3 words are left out."""
    with Sketches() as sketches:
        for text in texts:
            sketches.add(text)
        return sketches.near(similar)


class Sketches:
    """The sketches of texts that are added one by one. From 8,192 texts on, two processes compute them.

    Memory: 256 bytes per text, and 25 for sorting.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []  # not yet given to a process
        self._parts: list[Future] = []
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Sketches":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def add(self, text: str) -> None:
        self._texts.append(text)
        if len(self._texts) == _BATCH:
            self._pool = self._pool or ProcessPoolExecutor(2, mp_context=get_context("spawn"))
            self._parts.append(self._pool.submit(sketch, self._texts))
            self._texts = []
            if len(self._parts) > _WAITING:
                self._parts[-_WAITING - 1].result()

    def near(self, similar: float = SIMILAR) -> list[Near]:
        """Like `near_duplicates`, for all texts so far."""
        import numpy as np

        sketches = np.concatenate([*(part.result() for part in self._parts), sketch(self._texts)])
        numbers = np.flatnonzero((sketches != np.iinfo(np.uint32).max).any(axis=1))
        found: dict[int, Near] = {}
        for band in range(_BANDS):
            keys = _mixed(sketches[numbers, band * _WIDTH : (band + 1) * _WIDTH])
            order = np.argsort(keys, kind="stable")
            same = np.flatnonzero(keys[order][1:] == keys[order][:-1])
            first = None
            for (
                place
            ) in same:  # runs of equal keys: each text is compared with the first of its run and the one before it
                one, other = numbers[order[place]], numbers[order[place + 1]]
                first = one if first is None or keys[order[place]] != keys[order[place - 1]] else first
                for earlier in {int(first), int(one)}:
                    _compare(found, sketches, earlier, int(other), similar)
        return [found[number] for number in sorted(found)]


def _compare(found: dict[int, Near], sketches: Any, earlier: int, later: int, similar: float) -> None:
    if later in found and found[later].other <= earlier:
        return
    share = float((sketches[earlier] == sketches[later]).mean())
    if share >= similar:
        found[later] = Near(later, earlier, share)


def _mixed(band: Any) -> Any:
    import numpy as np

    keys = np.zeros(len(band), np.uint64)
    for column in band.T:
        keys = (keys ^ column) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return keys


def sketch(texts: list[str]) -> Any:
    """A row of 64 uint32 for each text; all of the largest value for a text without a run of 3 words."""
    import numpy as np
    from datasketch import MinHash

    runs = ([run.encode() for run in grams(words(text), _RUN)] for text in texts)
    made = MinHash.generator(runs, num_perm=PERMUTATIONS, seed=1, hashfunc=zlib.crc32, scheme="affine32")
    rows = [np.asarray(one.hashvalues, dtype=np.uint32) for one in made]
    return np.stack(rows) if rows else np.zeros((0, PERMUTATIONS), np.uint32)
