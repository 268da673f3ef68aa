"""The one grader: training reward, offline scoring and evaluation call `grade`."""

import functools
import re
from fractions import Fraction

from grpo_rewards.extract import final_answer

_NUMBER = re.compile(r"[+-]?\d{1,50}(\.\d{1,50})?|[+-]?\d{1,50}/\d{1,50}")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")  # the whole answer: (1,200) is a pair
_LONGEST = 500  # characters of an answer that math-verify is asked to read; a longer one is no answer


def grade(completion: str, gold: str | int | None) -> float | None:
    r"""1.0 if the completion's final answer equals the gold in value, else 0.0; None if the gold cannot be read.

    A gold is bare (`72`, `\frac{1}{2}`), in `$…$`, or a solution that ends in `\boxed{…}`.

    >>> grade("<think>70 + 2</think>\n<answer>72.0</answer>", "72")
    1.0
    >>> grade("I guess \\boxed{71}", "72")
    0.0
    """
    expected = read_gold(gold)
    if expected is None:
        return None
    answer = final_answer(completion)
    if not answer or len(answer) > _LONGEST:
        return 0.0
    return 1.0 if equal(answer, expected) else _none_if_unreadable(expected)


def read_gold(gold: str | int | None) -> str | None:
    """The answer in a gold, None if it has none."""
    if gold is None or isinstance(gold, bool):
        return None
    text = str(gold)
    answer = final_answer(text)
    return (text if answer is None else answer).strip().strip("$").strip() or None


@functools.lru_cache(maxsize=65536)
def equal(answer: str, gold: str) -> bool:
    """Whether two answers are equal: by text, by exact arithmetic where both are numbers, else by math-verify."""
    answer, gold = _canonical(answer), _canonical(gold)
    if answer == gold:
        return True
    if _NUMBER.fullmatch(answer) and _NUMBER.fullmatch(gold):
        try:
            return Fraction(answer) == Fraction(gold)
        except ZeroDivisionError:
            return False
    return _math_verify_equal(answer, gold)


def _canonical(text: str) -> str:
    text = text.strip().removesuffix(".").strip("$ \n")
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def _math_verify_equal(answer: str, gold: str) -> bool:
    """Both sides boxed alike: math-verify misreads bare LaTeX. It reports what it cannot read as unequal."""
    from math_verify import verify

    parsed_gold, parsed_answer = _parse(gold), _parse(answer)
    return bool(parsed_gold and parsed_answer and verify(list(parsed_gold), list(parsed_answer), timeout_seconds=3))


@functools.lru_cache(maxsize=65536)
def _parse(text: str) -> tuple:
    from math_verify import parse

    return tuple(parse(f"\\boxed{{{text}}}", parsing_timeout=3))


def _none_if_unreadable(gold: str) -> float | None:
    """0.0, or None where nobody could have matched this gold by value."""
    readable = _NUMBER.fullmatch(_canonical(gold)) or _parse(_canonical(gold))
    return 0.0 if readable else None
