r"""The one grader: training reward, offline scoring, rejection sampling and evaluation call `grade` or `grade_batch`.

Three stages: `extract` finds the final answer; `answers.comparison` decides where that is certain, in microseconds; the
rest, integrals and rare LaTeX, goes to a worker process that can be killed (`pool`). A verdict depends on answer and
gold alone, so each process decides it once and remembers it.
"""

import functools
import logging
import math
from collections import Counter
from collections.abc import Sequence
from numbers import Number
from typing import Any

from grpo_rewards import options
from grpo_rewards.answers.bracket_matching import balanced
from grpo_rewards.answers.verdict import LEFT_OUT, Verdict
from grpo_rewards.extract import final_answer, find_answer
from grpo_rewards.sentence_answers import announced

logger = logging.getLogger("grpo_rewards")

_REMEMBERED = 200_000
_UNUSUAL = {Verdict.ANSWER_OVER_BUDGET, Verdict.GOLD_OVER_BUDGET, Verdict.WORKER_FAILED}

_verdicts: dict[tuple[str, str], Verdict] = {}
_verdicts_by: list[options.Options] = []  # the options that they depend on
_counts: Counter[Verdict] = Counter()  # unusual verdicts, each pair once


def grade(completion: str, gold: Any, think_opened: bool = False) -> float | None:
    r"""1.0 if the completion's final answer equals the gold in value, else 0.0; None if the gold cannot be read.

    A gold is an answer as data sets write it: bare (`72`, `\frac{1}{2}`, `B`), in `$…$`, a number, a solution that ends
    in `\boxed{…}` or `#### 72`, or a list of accepted answers. `think_opened`: the chat template wrote `<think>`.

    >>> grade("<think>70 + 2</think>\n<answer>72.0</answer>", "72")
    1.0
    >>> grade("I guess \\boxed{71}", "72"), grade("\\boxed{0.5}", ["1/3", "1/2"]), grade("\\boxed{1}", None)
    (0.0, 1.0, None)
    """
    return grade_batch([completion], [gold], think_opened)[0]


def grade_batch(completions: Sequence[str], golds: Sequence[Any], think_opened: bool = False) -> list[float | None]:
    """`grade` for each pair; hard pairs are judged in parallel, and each distinct pair once.

    Raises ValueError where the two lists differ in length.
    """
    return [verdict.paid for verdict in judge_batch(completions, golds, think_opened)]


def judge_batch(completions: Sequence[str], golds: Sequence[Any], think_opened: bool = False) -> list[Verdict]:
    """The verdicts behind `grade_batch`, with their reasons.

    >>> judge_batch(["\\\\boxed{5}", "five"], ["5", "5"])
    [<Verdict.RIGHT: 'right'>, <Verdict.NO_ANSWER: 'no answer'>]
    """
    answers = [find_answer(completion, think_opened) for completion in completions]
    accepted = [accepted_answers(gold) for gold in golds]
    return [_best(verdicts) for verdicts in judge_texts(answers, accepted)]


def judge_texts(answers: Sequence[str | Verdict], accepted: Sequence[tuple[str, ...]]) -> list[list[Verdict]]:
    """For each answer its verdict against each accepted gold. A missing answer comes as the verdict that says why."""
    from grpo_rewards.answers.decision import decide, gold_fault  # imports take 40 ms

    pairs = {
        (answer, gold)
        for answer, golds in zip(answers, accepted, strict=True)
        for gold in golds
        if isinstance(answer, str)
    }
    if len(_verdicts) + len(pairs) > _REMEMBERED or _verdicts_by != [options.current()]:
        _verdicts.clear()
        _verdicts_by[:] = [options.current()]
    hard = []
    for pair in pairs.difference(_verdicts):  # `- _verdicts.keys()` would walk through the whole cache
        verdict = decide(*pair)
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
    """The texts of the answers that a gold accepts; empty if it cannot be read.

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
    text = final_answer(gold) if marked else (announced(gold) or gold) if "answer is" in gold else gold
    text = (text or "").strip()
    return text if text and balanced(text) else None


def _ask_workers(pairs: list[tuple[str, str]]) -> None:
    from grpo_rewards import pool
    from grpo_rewards.answers.normalization import normalize

    spelled = [(normalize(answer), normalize(gold)) for answer, gold in pairs]
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
    """The verdict over all accepted golds: right if one is; left out only if no gold could be compared."""
    if not verdicts:
        return Verdict.GOLD_UNREADABLE
    return min(verdicts, key=lambda verdict: (verdict is not Verdict.RIGHT, verdict in LEFT_OUT))
