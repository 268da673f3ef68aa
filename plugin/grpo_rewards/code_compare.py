"""Compares what a program gave with what a test expects. Both are text or plain data from strangers."""

import re
import reprlib
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,3})?", re.ASCII)
_NEAR = Decimal("1e-6")
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 60


def output_fault(given: str, wanted: str) -> str:
    """Why an output is wrong; empty if it is right.

    As LiveCodeBench does: line by line, without blanks at both ends of a line and of the whole; in a line that differs,
    numbers are compared in value (`9.0` is `9`). It wants every digit of a fraction; here, where `wanted` has a point or an
    exponent, 1e-6 (absolute or relative) is near enough, as for the checkers of Codeforces and, with 1e-5, APPS.
    Numbers of more than 400 digits are compared as text. Blanks between words count once.

    >>> output_fault("9.0\\n\\n", "9"), output_fault("0.33333", "0.3333333"), output_fault("1 2", "1 3")
    ('', "wrong output; expected '0.3333333', got '0.33333'", "wrong output; expected '1 3', got '1 2'")
    """
    ours, theirs = given.strip().split("\n"), wanted.strip().split("\n")
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False), start=1):
        if one.strip() != other.strip() and not _same_line(one.split(), other.split()):
            where = f" in line {number}" if len(theirs) > 1 else ""
            return f"wrong output{where}; expected {shown(other.strip())}, got {shown(one.strip())}"
    return "" if len(ours) == len(theirs) else f"wrong output; expected {len(theirs)} lines, got {len(ours)}"


def _same_line(ours: list[str], theirs: list[str]) -> bool:
    return len(ours) == len(theirs) and all(
        one == other or _same_number(one, other) for one, other in zip(ours, theirs, strict=True)
    )


def _same_number(given: str, wanted: str) -> bool:
    if not _NUMBER.fullmatch(given) or not _NUMBER.fullmatch(wanted):
        return False
    one, other = Decimal(given), Decimal(wanted)
    fraction = "." in wanted or "e" in wanted.lower()
    return one == other or (fraction and abs(one - other) <= max(_NEAR, _NEAR * abs(other)))


def same_value(value: Any, wanted: Any) -> bool:
    """Whether plain data is what a test expects, by Python's `==`; a tuple equals a list, as in LiveCodeBench.

    >>> same_value(([1, 2.0],), [(1, 2)]), same_value("1", 1), same_value({"a": (1,)}, {"a": [1]})
    (True, False, True)
    """
    try:
        return _same(value, wanted)
    except (ArithmeticError, RecursionError):  # a signalling NaN; lists a thousand deep
        return False


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, list | tuple):
        return isinstance(value, list | tuple) and len(value) == len(wanted) and all(map(_same, value, wanted))
    if isinstance(wanted, dict) and isinstance(value, dict):
        return value.keys() == wanted.keys() and all(_same(value[key], part) for key, part in wanted.items())
    return bool(value == wanted)


def shown(value: Any) -> str:
    """A value for a line of a log, short."""
    try:
        return _SHORT.repr(value)[:100]
    except ValueError:  # more digits than Python writes
        return f"a value with a very large {type(value).__name__}"
