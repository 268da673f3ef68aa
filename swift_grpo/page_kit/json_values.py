"""Values for the JSON inside a page: few digits, no NaN, shortened texts."""

import json
import math
import re

# Characters that could end the script element or a string; lone surrogates have no UTF-8.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def number(value: float | None, digits: int = 5) -> float | int | None:
    """A finite number with few digits; None for NaN, infinities and None.

    >>> number(0.123456789), number(3.0), number(float("nan"))
    (0.12346, 3, None)
    """
    if value is None or not math.isfinite(value):
        return None
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def cut(text: str, most: int) -> dict:
    """At most `most` characters of a text, three quarters from its head, the rest from its tail; `out` are left out.

    >>> cut("0123456789", 4)
    {'head': '012', 'out': 6, 'tail': '9'}
    """
    if len(text) <= most:
        return {"head": text}
    head = most * 3 // 4
    return {"head": text[:head], "out": len(text) - most, "tail": text[len(text) - (most - head) :]}


def dumps(value: object) -> str:
    """JSON that is safe inside <script type="application/json">, with any strings. NaN raises ValueError.

    >>> dumps("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
