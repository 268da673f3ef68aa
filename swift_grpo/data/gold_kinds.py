"""The kind of answer of a gold, and whether the grader can read it. The only module here that uses the grader's parts."""

import functools
import re
from collections.abc import Sequence
from typing import Any

_INTEGER = re.compile(r"[+-]?\d{1,3}(?:,?\d{3})*(?:\.0*)?|[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?\d*\.\d+")
_FRACTION = re.compile(r"[+-]?(?:\\[dt]?frac\s*(?:\{\s*-?\d+\s*\}|\d)\s*(?:\{\s*-?\d+\s*\}|\d)|\d+\s*/\s*\d+)")
_NUMBERS = (("integer", _INTEGER), ("decimal", _DECIMAL), ("fraction", _FRACTION))
_NAMES = {  # classes of grpo_rewards.answers.kinds
    "Quantity": "expression",
    "Based": "number in a base",
    "Choice": "choice",
    "Words": "words",
    "Clock": "clock time",
    "Items": "list, tuple or set",
    "Region": "interval",
    "Matrix": "matrix",
    "Named": "equation",
    "Equation": "equation",
    "Relation": "relation",
    "Contradiction": "contradiction",
    "Unknown": "other",
}


def kind(gold: Any) -> str:
    r"""The kind of a gold's first answer, in words.

    >>> [kind(gold) for gold in ("#### 72", "0.5", "\\frac{1}{2}", "x^2", "B", "[1, 2)", None)]
    ['integer', 'decimal', 'fraction', 'expression', 'choice', 'interval', 'none']
    """
    from grpo_rewards.grading import accepted_answers

    texts = accepted_answers(gold)
    return _kind(texts[0].strip("$ ")) if texts else "none"


@functools.lru_cache(maxsize=65536)
def _kind(text: str) -> str:
    for name, pattern in _NUMBERS:
        if pattern.fullmatch(text):
            return name
    from grpo_rewards.answers.reading import read

    name = type(read(text)).__name__
    return _NAMES.get(name, name.lower())


def readable(gold: Any) -> bool:
    """Whether answers can be compared with the gold by value. Else only the same text earns the reward.

    >>> readable("72"), readable("9^{9^{9^9}}"), readable(""), readable(["1/2", "0.5"])
    (True, False, False, True)
    """
    return all_readable([gold])[0]


def all_readable(golds: Sequence[Any]) -> list[bool]:
    """`readable` for each."""
    from grpo_rewards.answers.decision import gold_fault
    from grpo_rewards.grading import accepted_answers

    return [any(not gold_fault(text) for text in accepted_answers(gold)) for gold in golds]
