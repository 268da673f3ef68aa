"""The kinds of answers."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from grpo_rewards.answers.expression import Node
from grpo_rewards.answers.units import Unit


@dataclass(frozen=True)
class Quantity:
    """An expression with a unit. `places`: digits after the point of a plain decimal, else None."""

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
    """One letter of a multiple-choice question; also any single capital letter."""

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
    """Several answers: a `list` or `set` (any order), or a `tuple` with its brackets (ordered; "::" for a ratio)."""

    kind: Literal["list", "tuple", "set"]
    items: tuple["Answer", ...]
    brackets: str = ""


class End(NamedTuple):
    """One end of an interval, and whether the interval includes it."""

    value: Quantity
    included: bool


class Interval(NamedTuple):
    low: End
    high: End


@dataclass(frozen=True)
class Region:
    """A union of intervals."""

    parts: tuple[Interval, ...]


@dataclass(frozen=True)
class Matrix:
    """Rows of answers."""

    rows: tuple[tuple["Answer", ...], ...]


@dataclass(frozen=True)
class Named:
    """`name = value`; `parameters` are those of `f(x, y) = value`, whose name is `f`."""

    name: str
    value: "Answer"
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Equation:
    """Two equal expressions, as their difference; `asked` is the right-hand one where it may answer "find m + n"."""

    difference: Node
    asked: Quantity | None


@dataclass(frozen=True)
class Relation:
    r"""A sign of `relation_signs` between answers: `p \implies q`, `x \equiv 3 \pmod 7` (three sides)."""

    sign: str
    sides: tuple["Answer", ...]


@dataclass(frozen=True)
class Approximate:
    r"""`5\sqrt{2} \approx 7.07`: an exact value and its decimal; either answers."""

    exact: Quantity
    decimal: Quantity


@dataclass(frozen=True)
class Contradiction:
    """`5 = 6`: a hedge, which equals only its own text."""

    text: str


@dataclass(frozen=True)
class Unknown:
    """Text that `reading` does not recognise."""

    text: str


Answer = (
    Quantity | Based | Choice | Words | Clock | Items | Region | Matrix | Named | Equation | Relation | Approximate
    | Contradiction | Unknown
)  # fmt: skip


def as_region(answer: Answer) -> Region | None:
    """A pair in brackets as an interval: (1, 2) may be a point or an open interval."""
    match answer:
        case Region():
            return answer
        case Items("tuple", (Quantity() as low, Quantity() as high), ("()" | "[]" | "(]" | "[)") as brackets):
            return Region((Interval(End(low, brackets[0] == "["), End(high, brackets[1] == "]")),))
        case _:
            return None


def without_name(answer: Answer) -> Answer:
    """The value of `x = 5`; any other answer as it is."""
    return answer.value if isinstance(answer, Named) else answer


def assignments(answer: Answer) -> dict[str, Answer] | None:
    """The values of `x = 1, y = 2` or `(x, y) = (1, 2)` by name; None for anything else, or if a name comes twice."""
    match answer:
        case Named(name, Items(items=items)) if name.startswith("("):
            names = name.strip("()").split(",")
            return dict(zip(names, items, strict=True)) if len(names) == len(items) else None
        case Items("list", items) if len(items) > 1:
            named = {item.name: item.value for item in items if isinstance(item, Named)}
            return named if len(named) == len(items) else None
        case _:
            return None
