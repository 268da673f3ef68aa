r"""The one grader: training reward, offline scoring, rejection sampling and evaluation call `grade` or `grade_batch`.

Three stages: `extract` finds the final answer; `answers.comparison` decides where that is certain, in microseconds; what
is left, integrals and rare LaTeX, goes to a worker process that can be killed (`pool`). A verdict is a function of answer and
gold alone, so it is decided once a process and remembered.
"""

import functools
import logging
import math
import re
from collections import Counter
from collections.abc import Sequence
from numbers import Number
from typing import Any

from grpo_rewards.answers.balls import has_value
from grpo_rewards.answers.brackets import balanced
from grpo_rewards.answers.comparison import equal_answers, is_mathematics, is_statement
from grpo_rewards.answers.kinds import Answer, Quantity, Unknown, Words
from grpo_rewards.answers.reading import read
from grpo_rewards.answers.spelling import respell
from grpo_rewards.answers.verdict import LEFT_OUT, Verdict
from grpo_rewards.answers.words import is_answer_in_words
from grpo_rewards.extract import final_answer, find_answer
from grpo_rewards.sentence import words_in

logger = logging.getLogger("grpo_rewards")

_LONGEST = 500  # characters of an answer; a longer one is no answer
_REMEMBERED = 200_000
_INTEGER = re.compile(r"\$?(-?(?:\d{1,15}|\d{1,3}(?:,\d{3}){1,4}))(?:\.0+)?\$?")  # 72, 1,234, $72$, $72, 72.00
_MOST_WORDS = 6  # of an answer in words; a longer one is a sentence
_UNUSUAL = {Verdict.ANSWER_OVER_BUDGET, Verdict.GOLD_OVER_BUDGET, Verdict.WORKER_FAILED}

_verdicts: dict[tuple[str, str], Verdict] = {}
_counts: Counter[Verdict] = Counter()  # of the unusual ones, each pair once


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
    return [verdict.paid for verdict in judge_batch(completions, golds, think_opened)]


def judge_batch(completions: Sequence[str], golds: Sequence[Any], think_opened: bool = False) -> list[Verdict]:
    """What `grade_batch` pays, with the reason.

    >>> judge_batch(["\\\\boxed{5}", "five"], ["5", "5"])
    [<Verdict.RIGHT: 'right'>, <Verdict.NO_ANSWER: 'no answer'>]
    """
    answers = [find_answer(completion, think_opened) for completion in completions]
    accepted = [accepted_answers(gold) for gold in golds]
    return [_best(verdicts) for verdicts in judge_texts(answers, accepted)]


def judge_texts(answers: Sequence[str | Verdict], accepted: Sequence[tuple[str, ...]]) -> list[list[Verdict]]:
    """For each answer its verdict against each accepted gold. An answer that is none is given as the verdict that says why."""
    pairs = {
        (answer, gold)
        for answer, golds in zip(answers, accepted, strict=True)
        for gold in golds
        if isinstance(answer, str)
    }
    if len(_verdicts) + len(pairs) > _REMEMBERED:
        _verdicts.clear()
    hard = []
    for pair in pairs.difference(_verdicts):  # `- _verdicts.keys()` would walk through all that is remembered
        verdict = _decide(*pair)
        if verdict is None:
            hard.append(pair)
        else:
            _remember(pair, verdict)
    if hard:
        _ask_workers(sorted(hard))
    return [
        [_verdicts[answer, gold] if isinstance(answer, str) else gold_fault(gold) or answer for gold in golds]
        for answer, golds in zip(answers, accepted, strict=True)
    ]


def accepted_answers(gold: Any) -> tuple[str, ...]:
    """The texts of the answers that a gold accepts, none if it cannot be read.

    >>> accepted_answers("She has 48 + 24 = 72.\\n#### 72"), accepted_answers([1, "one"]), accepted_answers(float("nan"))
    (('72',), ('1', 'one'), ())
    """
    if hasattr(gold, "tolist"):  # an array or a number of numpy or torch
        gold = gold.tolist()
    if isinstance(gold, list | tuple):
        return tuple(text for item in gold for text in accepted_answers(item))
    if gold is None or isinstance(gold, bool) or not isinstance(gold, str | Number) or not _finite(gold):
        return ()
    text = _gold_text(str(gold))
    return (text,) if text else ()


def _finite(gold: Any) -> bool:
    try:
        return isinstance(gold, str | int) or math.isfinite(gold)
    except (TypeError, ValueError, OverflowError):  # complex numbers; a Decimal that signals; beyond the floats
        return "nan" not in str(gold).lower()


@functools.lru_cache(maxsize=65536)
def _gold_text(gold: str) -> str | None:
    marked = any(mark in gold for mark in ("<answer>", "\\boxed", "####", "</think>"))
    text = final_answer(gold) if marked else gold
    text = (text or "").strip()
    return text if text and balanced(text) else None


@functools.lru_cache(maxsize=65536)
def gold_fault(gold: str) -> Verdict | None:
    """Why the text of a gold can be compared with nothing but itself, None where it can.

    >>> gold_fault("The proof is left to the reader of this book."), gold_fault("72")
    (<Verdict.GOLD_UNREADABLE: 'gold unreadable'>, None)
    """
    if len(gold) > _LONGEST:
        return Verdict.GOLD_OVER_BUDGET
    if words_in(gold) > _MOST_WORDS and not any(char.isdigit() or char in "\\$" for char in gold):
        return Verdict.GOLD_UNREADABLE
    meant = read(gold)
    if isinstance(meant, Unknown) and not is_mathematics(meant.text) and not is_statement(meant.text):
        return Verdict.GOLD_UNREADABLE
    return Verdict.GOLD_OVER_BUDGET if _over_budget(meant) else None


def _over_budget(answer: Answer) -> bool:
    return isinstance(answer, Quantity) and not has_value(answer.tree)


def _decide(answer: str, gold: str) -> Verdict | None:
    """The verdict on a pair, None where a worker has to be asked."""
    integers = _INTEGER.fullmatch(answer), _INTEGER.fullmatch(gold)  # what most answers are, ten times faster
    if all(integers):
        a, b = (int(match[1].replace(",", "")) for match in integers)
        return Verdict.RIGHT if a == b else Verdict.WRONG
    if answer == gold:
        return Verdict.RIGHT
    if fault := gold_fault(gold):
        return Verdict.RIGHT if respell(answer) == respell(gold) else fault
    if len(answer) > _LONGEST:
        return Verdict.TOO_LONG
    mine, theirs = read(answer), read(gold)
    equal = equal_answers(mine, theirs)
    if equal is True:
        return Verdict.RIGHT
    if isinstance(theirs, Words) and not isinstance(mine, Words) and not is_answer_in_words(theirs):
        return Verdict.GOLD_UNREADABLE  # "forty two" says nothing of 42
    if equal is False:
        return Verdict.WRONG
    return Verdict.ANSWER_OVER_BUDGET if _over_budget(mine) else None


def _ask_workers(pairs: list[tuple[str, str]]) -> None:
    from grpo_rewards import pool

    spelled = [(respell(answer), respell(gold)) for answer, gold in pairs]
    for pair, verdict in zip(pairs, pool.judge(spelled), strict=True):
        _remember(pair, verdict)


def _remember(pair: tuple[str, str], verdict: Verdict) -> None:
    """Keep a verdict; log the first of each unusual kind, then the 2nd, 4th, 8th, ..."""
    _verdicts[pair] = verdict
    if verdict in _UNUSUAL:
        _counts[verdict] += 1
        if _counts[verdict].bit_count() == 1:
            answer, gold = (text[:80] for text in pair)
            logger.warning("grader: %s (%d so far): gold %r, answer %r", verdict.value, _counts[verdict], gold, answer)


def _best(verdicts: list[Verdict]) -> Verdict:
    """Of the verdicts against all accepted golds: right if one is; left out only if no gold could be compared."""
    if not verdicts:
        return Verdict.GOLD_UNREADABLE
    return min(verdicts, key=lambda verdict: (verdict is not Verdict.RIGHT, verdict in LEFT_OUT))
