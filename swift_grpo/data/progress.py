"""Progress on stderr for work that takes longer than two seconds."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def ticking(items: Iterable[T], what: str) -> Iterator[T]:
    """The items. After two seconds prints count and speed, twice a second on a terminal, else every 10 s."""
    live = sys.stderr.isatty()
    begun = time.monotonic()
    due, shown = begun + 2, False
    count = 0
    for count, item in enumerate(items, start=1):
        if (now := time.monotonic()) > due:
            _say(what, count, now - begun, live, "")
            due, shown = now + (0.5 if live else 10), True
        yield item
    if shown:
        _say(what, count, time.monotonic() - begun, live, "\n")


def _say(what: str, count: int, seconds: float, live: bool, end: str) -> None:
    start, end = ("\r", end) if live else ("", "\n")
    print(f"{start}{what}: {count:,} rows, {count / seconds:,.0f} a second", end=end, file=sys.stderr, flush=True)
