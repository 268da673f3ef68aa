"""Values as a line of bars."""

import math
from itertools import pairwise

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: list[float | None], width: int = 40) -> str:
    """Values as bars, averaged down to `width`; a blank for None, ! for infinities and NaN.

    >>> sparkline([0, 1, None, 2, float("inf")], 5)
    '▁▅ █!'
    """
    if len(values) > width:
        edges = [k * len(values) // width for k in range(width + 1)]
        values = [_mean(values[a:b]) for a, b in pairwise(edges)]
    if all(value is None for value in values):
        return ""
    known = [value for value in values if value is not None and math.isfinite(value)]
    low, high = min(known, default=0), max(known, default=0)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0
    return "".join(_mark(value, low, scale) for value in values)


def _mark(value: float | None, low: float, scale: float) -> str:
    if value is None:
        return " "
    return _BARS[round((value - low) * scale)] if math.isfinite(value) else "!"


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
