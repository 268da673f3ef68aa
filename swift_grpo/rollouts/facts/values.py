"""Values as JSON holds them: few digits, no NaN, texts cut to size."""

import math


def number(value: float | None, digits: int = 5) -> float | int | None:
    """A finite number of few digits; None for NaN, infinities and None.

    >>> number(0.123456789), number(3.0), number(float("nan"))
    (0.12346, 3, None)
    """
    if value is None or not math.isfinite(value):
        return None
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def cut(text: str, most: int) -> dict:
    """A text of at most `most` characters: three quarters from its head, the rest from its tail, and how many are left out.

    >>> cut("0123456789", 4)
    {'head': '012', 'out': 6, 'tail': '9'}
    """
    if len(text) <= most:
        return {"head": text}
    head = most * 3 // 4
    return {"head": text[:head], "out": len(text) - most, "tail": text[len(text) - (most - head) :]}
