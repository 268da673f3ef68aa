"""The kinds of answers there are."""

from dataclasses import dataclass

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
    """`name = right` where the left side is a name, else `left = right` between two expressions (name None)."""

    name: str | None
    left: Node | None
    right: object


@dataclass(frozen=True)
class Contradiction:
    """`5 = 6`: a hedge, equal to nothing."""


@dataclass(frozen=True)
class Unknown:
    """Text this module does not read."""

    text: str


Answer = Quantity | Based | Choice | Words | Clock | Items | Region | Matrix | Equation | Contradiction | Unknown
