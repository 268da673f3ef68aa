r"""The one grader: training reward, offline scoring, rejection sampling and evaluation call `grade` or `grade_batch`.

Three stages: `extract` finds the final answer; `answers.comparison` decides where that is certain, in microseconds; what
is left goes to math-verify in a worker process that can be killed (`pool`). Each pair is decided once a process.
"""

import functools
import math
import re
from collections.abc import Sequence
from numbers import Number
from typing import Any

from grpo_rewards.answers.comparison import balanced, equal_answers
from grpo_rewards.answers.reading import read
from grpo_rewards.answers.spelling import respell
from grpo_rewards.extract import final_answer

_LONGEST = 500  # characters of an answer; a longer one is no answer
_REMEMBERED = 200_000
_INTEGER = re.compile(r"\$?(-?(?:\d{1,15}|\d{1,3}(?:,\d{3}){1,4}))(?:\.0+)?\$?")  # 72, 1,234, $72$, $72, 72.00

_verdicts: dict[tuple[str, str], bool | None] = {}


def grade(completion: str, gold: Any, think_opened: bool = False) -> float | None:
    r"""1.0 if the completion's final answer equals the gold in value, else 0.0; None if the gold cannot be read.

    A gold is an answer as it stands in data sets: bare (`72`, `\frac{1}{2}`, `B`), in `$…$`, a number, a solution that ends in
    `\boxed{…}` or `#### 72`, or a list of accepted answers. `think_opened`: the chat template wrote `<think>` into the prompt.

    >>> grade("<think>70 + 2</think>\n<answer>72.0</answer>", "72")
    1.0
    >>> grade("I guess \\boxed{71}", "72"), grade("\\boxed{0.5}", ["1/3", "1/2"]), grade("\\boxed{1}", None)
    (0.0, 1.0, None)
    """
    return grade_batch([completion], [gold], think_opened)[0]


def grade_batch(completions: Sequence[str], golds: Sequence[Any], think_opened: bool = False) -> list[float | None]:
    """`grade` for each pair; hard pairs are judged side by side, and each distinct pair once.

    Raises ValueError where the two differ in length.
    """
    answers = [_answer(completion, think_opened) for completion in completions]
    accepted = [accepted_answers(gold) for gold in golds]
    return [_paid(verdicts) for verdicts in equal_texts(answers, accepted)]


def equal_texts(answers: Sequence[str | None], accepted: Sequence[tuple[str, ...]]) -> list[list[bool | None]]:
    """For each answer its verdict against each accepted gold: True, False, or None where the gold cannot be read."""
    pairs = {(a, g) for a, golds in zip(answers, accepted, strict=True) if a is not None for g in golds}
    if len(_verdicts) + len(pairs) > _REMEMBERED:
        _verdicts.clear()
    hard = []
    for pair in pairs.difference(_verdicts):  # `- _verdicts.keys()` would walk through all that is remembered
        verdict = _cheap(*pair)
        if verdict is None:
            hard.append(pair)
        else:
            _verdicts[pair] = verdict
    if hard:
        _judge(sorted(hard))
    return [
        [False if a is None else _verdicts[a, g] for g in golds] for a, golds in zip(answers, accepted, strict=True)
    ]


def accepted_answers(gold: Any) -> tuple[str, ...]:
    """The texts of the answers that a gold accepts, none if it cannot be read.

    >>> accepted_answers("She has 48 + 24 = 72.\\n#### 72"), accepted_answers([1, "one"]), accepted_answers(float("nan"))
    (('72',), ('1', 'one'), ())
    """
    if isinstance(gold, list | tuple):
        return tuple(text for item in gold for text in accepted_answers(item))
    if gold is None or isinstance(gold, bool) or (isinstance(gold, float) and not math.isfinite(gold)):
        return ()
    if not isinstance(gold, str | Number):
        return ()
    text = _gold_text(str(gold))
    return (text,) if text else ()


@functools.lru_cache(maxsize=65536)
def _gold_text(gold: str) -> str | None:
    marked = any(mark in gold for mark in ("<answer>", "\\boxed", "####", "</think>"))
    text = final_answer(gold) if marked else gold
    text = (text or "").strip()
    return text if 0 < len(text) <= _LONGEST and balanced(text) else None


def _answer(completion: str, think_opened: bool) -> str | None:
    answer = final_answer(completion, think_opened)
    return answer if answer and len(answer) <= _LONGEST else None


def _cheap(answer: str, gold: str) -> bool | None:
    integers = _INTEGER.fullmatch(answer), _INTEGER.fullmatch(gold)  # what most answers are, ten times faster
    if all(integers):
        a, b = (int(match[1].replace(",", "")) for match in integers)
        return a == b
    return equal_answers(read(answer), read(gold))


def _judge(pairs: list[tuple[str, str]]) -> None:
    """Ask math-verify, which forgives what it should not: the case of a letter."""
    from grpo_rewards import pool

    spelled = [(respell(answer), respell(gold)) for answer, gold in pairs]
    for pair, (answer, gold), verdict in zip(pairs, spelled, pool.decide(spelled), strict=True):
        only_case = answer != gold and set(answer) != set(gold) and set(answer.lower()) == set(gold.lower())
        _verdicts[pair] = False if verdict and only_case else verdict


def _paid(verdicts: list[bool | None]) -> float | None:
    if True in verdicts:
        return 1.0
    return None if all(verdict is None for verdict in verdicts) else 0.0
