r"""Reads inequalities, unions, and sets given by a condition, as unions of intervals."""

import itertools
import math
import re
from fractions import Fraction

from grpo_rewards.answers.bracket_matching import split_top
from grpo_rewards.answers.exact import exact
from grpo_rewards.answers.expression import Infinity, operation
from grpo_rewards.answers.kinds import Answer, End, Interval, Quantity, Region, as_region
from grpo_rewards.answers.quantities import fold, read_quantity

INFINITY = Quantity(Infinity())
MINUS_INFINITY = Quantity(operation("neg", Infinity()))
_REALS = {"\\mathbb{R}", "\\mathbb R", "all real numbers", "all reals", "\\Bbb{R}", "\\mathbb{R}.", "R"}
_REALS_EXCEPT = re.compile(
    r"all (?:real numbers|reals) (?:except|but|other than)(?: for)? (?:[a-z]\s*=\s*)?(.+)", re.IGNORECASE
)
_WITHOUT = re.compile(r"\\mathbb\s*\{?R\}?\s*(?:\\setminus|\\backslash|-|\\)\s*\\\{(.*)\\\}", re.DOTALL)
_INEQUALITY = re.compile(r"<|>|\\(?:le|ge|ne)(?![A-Za-z])")
_TURNED = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le", "\\ne": "\\ne"}
_BUILDER = re.compile(
    r"\\\{\s*([A-Za-z])\s*(?:\\in\s*\\mathbb\s*\{?R\}?\s*)?(?:\\mid(?![A-Za-z])|:|\|)\s*(.*?)\s*\\\}", re.DOTALL
)
_MEMBER = re.compile(r"[A-Za-z]\s*\\in(?![A-Za-z])\s*(.*)", re.DOTALL)


def is_inequality(text: str) -> bool:
    return _INEQUALITY.search(text) is not None


def condition_of_set(text: str) -> str | None:
    r"""The condition on the members of a set.

    >>> condition_of_set("\\{x \\mid x > -4\\}"), condition_of_set("\\{1, 2\\}")
    ('x > -4', None)
    """
    builder = _BUILDER.fullmatch(text)
    return builder[2] if builder and re.search(rf"(?<![A-Za-z\\]){builder[1]}(?![A-Za-z])", builder[2]) else None


def set_of_member(text: str) -> str | None:
    r"""The set of `x \in …`; None for the whole numbers, which are not an interval."""
    member = _MEMBER.fullmatch(text)
    return member[1] if member and not re.match(r"\\(?:mathbb|Bbb)\s*\{?\s*[ZNQ]", member[1]) else None


def read_all_reals(text: str) -> Region | None:
    if besides := _REALS_EXCEPT.fullmatch(text):
        return read_reals_without(f"\\mathbb{{R}} \\setminus \\{{{besides[1]}\\}}")
    everything = Interval(End(MINUS_INFINITY, False), End(INFINITY, False))
    return Region((everything,)) if text in _REALS or text.lower() in _REALS else None


def read_reals_without(text: str) -> Region | None:
    r"""`\mathbb{R} \setminus \{2, 3\}`, for rational points.

    >>> len(read_reals_without("\\mathbb{R} \\setminus \\{3, 2\\}").parts)
    3
    """
    match = _WITHOUT.fullmatch(text)
    places: dict[Fraction, End] = {}
    for place in split_top(match[1], ",") if match else ():
        point = read_quantity(place.strip())
        if point is None or (value := exact(point.tree)) is None:
            return None
        places[value] = End(point, False)
    ends = [End(MINUS_INFINITY, False), *(places[value] for value in sorted(places)), End(INFINITY, False)]
    return Region(tuple(Interval(low, high) for low, high in itertools.pairwise(ends))) if match else None


def union(parts: list[Answer]) -> Region | None:
    regions = [region for part in parts if (region := as_region(part))]
    return Region(tuple(part for region in regions for part in region.parts)) if len(regions) == len(parts) else None


def both(regions: list[Region]) -> Region | None:
    """The intersection in `x > 1 and x < 3` or `0 < x < 8, x \\ne 3`; None where an end is not rational."""
    shared = regions[0].parts
    try:
        for region in regions[1:]:
            pairs = (_overlap(one, other) for one in shared for other in region.parts)
            shared = tuple(part for part in pairs if part)
    except ValueError:
        return None
    return Region(shared) if shared else None


def _overlap(one: Interval, other: Interval) -> Interval | None:
    """The intersection of two intervals. Raises ValueError where their ends cannot be compared."""
    lows = sorted((one.low, other.low), key=lambda end: (_place(end), not end.included))
    highs = sorted((one.high, other.high), key=lambda end: (_place(end), end.included))
    low, high = lows[-1], highs[0]
    meet = low.included and high.included and _place(low) == _place(high)
    return Interval(low, high) if _place(low) < _place(high) or meet else None


def _place(end: End) -> Fraction | float:
    """The value of an end. Raises ValueError where it is not a rational number."""
    if end.value in (INFINITY, MINUS_INFINITY):
        return math.inf if end.value == INFINITY else -math.inf
    place = exact(end.value.tree)
    if place is None:
        raise ValueError("not a rational number")
    return place


def read_inequality(text: str) -> Region | None:
    signs = _INEQUALITY.findall(text)
    sides = [side.strip() for side in _INEQUALITY.split(text)]
    if "=" in text or len(sides) not in (2, 3):
        return None
    if len(sides) == 2:
        if not _is_variable(sides[0]) and not _is_distance(sides[0]):
            sides, signs = sides[::-1], [_TURNED[signs[0]]]
        end = read_quantity(sides[1]) if sides[1] else None
        if end is None or not (_is_variable(sides[0]) or _is_distance(sides[0])):
            return None
        return _half_line(signs[0], end, distance=_is_distance(sides[0]))
    if signs[0] in (">", "\\ge"):
        sides, signs = sides[::-1], [_TURNED[sign] for sign in signs[::-1]]
    low, high = (read_quantity(side) if side else None for side in (sides[0], sides[2]))
    if not _is_variable(sides[1]) or low is None or high is None or not set(signs) <= {"<", "\\le"}:
        return None
    return Region((Interval(End(low, signs[0] == "\\le"), End(high, signs[1] == "\\le")),))


def _half_line(sign: str, end: Quantity, distance: bool) -> Region:
    """`x sign end`, or `|x| sign end` with `distance`."""
    here = End(end, sign in ("\\le", "\\ge"))
    other = here._replace(value=Quantity(fold(operation("neg", end.tree)), end.unit)) if distance else here
    below, above = End(MINUS_INFINITY, False), End(INFINITY, False)
    if sign in ("<", "\\le"):
        return Region((Interval(other if distance else below, here),))
    if sign == "\\ne" or distance:
        return Region((Interval(below, other), Interval(here, above)))
    return Region((Interval(here, above),))


def _is_variable(text: str) -> bool:
    return re.fullmatch(r"\\?[A-Za-z]+(?:_\{?\w+\}?)?|[A-Za-z]\([A-Za-z]\)", text) is not None and text != "\\infty"


def _is_distance(text: str) -> bool:
    return re.fullmatch(r"\|[A-Za-z]\|", text) is not None
