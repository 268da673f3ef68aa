"""The kinds of answers there are."""

from dataclasses import dataclass
from typing import Any

from grpo_rewards.answers.expression import Node
from grpo_rewards.answers.units import Unit


@dataclass(frozen=True)
class Quantity:
    """An expression with a unit. `places`: digits after the point where it is one plain decimal, else None."""

    tree: Node
    unit: Unit | None = None
    percent: bool = False
    places: int | None = None


@dataclass(frozen=True)
class Based:
    """`4210_7`: digits in a base."""

    digits: str
    base: int


@dataclass(frozen=True)
class Choice:
    """One letter of a multiple choice; also any single capital letter."""

    letter: str


@dataclass(frozen=True)
class Words:
    """Text in words, in lower case."""

    text: str


@dataclass(frozen=True)
class Clock:
    """A time of day; `half` is "am", "pm" or empty."""

    hour: int
    minute: int
    half: str

    @property
    def of_day(self) -> tuple[int, int]:
        """Hour from 0 to 23, and minute."""
        return (self.hour % 12 + 12 * (self.half == "pm") if self.half else self.hour, self.minute)


@dataclass(frozen=True)
class Items:
    """Several answers: a `list` (order does not matter), a `tuple` with its brackets (it does; "::" for a ratio), or a `set`."""

    kind: str
    items: tuple
    brackets: str = ""


@dataclass(frozen=True)
class Region:
    """A union of intervals: (low, low is included, high, high is included), each end a Quantity."""

    parts: tuple


@dataclass(frozen=True)
class Matrix:
    """Rows of answers."""

    rows: tuple


@dataclass(frozen=True)
class Equation:
    """`name = right` where the left side is a name, else `left = right` between two expressions (name None).

    `left` is then their difference. `parameters` are those of `f(x, y) = right`, whose name is `f`.
    """

    name: str | None
    left: Node | None
    right: Any
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Relation:
    r"""`p \implies q`, `A \subset B`, `x \equiv 3 \pmod 7` (three sides): a sign of `signs.RELATIONS` between answers."""

    sign: str
    sides: tuple


@dataclass(frozen=True)
class Approximate:
    r"""`5\sqrt{2} \approx 7.07`: an exact value and its decimal; either answers."""

    exact: Any
    decimal: Any


@dataclass(frozen=True)
class Contradiction:
    """`5 = 6`: a hedge, equal to nothing but its own text."""

    text: str


@dataclass(frozen=True)
class Unknown:
    """Text this module does not read."""

    text: str


Answer = (
    Quantity
    | Based
    | Choice
    | Words
    | Clock
    | Items
    | Region
    | Matrix
    | Equation
    | Relation
    | Approximate
    | Contradiction
    | Unknown
)


def as_region(answer: Answer) -> Region | None:
    """A pair in brackets as the interval that it may be: (1, 2) is a point and an open interval."""
    if isinstance(answer, Region):
        return answer
    if isinstance(answer, Items) and answer.kind == "tuple" and len(answer.items) == 2:
        low, high = answer.items
        if isinstance(low, Quantity) and isinstance(high, Quantity):
            return Region(((low, answer.brackets[0] == "[", high, answer.brackets[1] == "]"),))
    return None


def assignments(answer: Answer) -> dict[str, Answer] | None:
    """`x = 1, y = 2`, also as `(x, y) = (1, 2)`, by name; None where it is none, or a name comes twice."""
    if isinstance(answer, Equation) and answer.name and isinstance(answer.right, Items):
        names = answer.name.strip("()").split(",")
        if answer.name.startswith("(") and len(names) == len(answer.right.items):
            return dict(zip(names, answer.right.items, strict=True))
    if not isinstance(answer, Items) or answer.kind != "list" or len(answer.items) < 2:
        return None
    named = {item.name: item.right for item in answer.items if isinstance(item, Equation) and item.name}
    return named if len(named) == len(answer.items) else None
