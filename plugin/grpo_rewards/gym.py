"""The score of reasoning-gym's tasks. Their functions run in the grader's workers (`pool`), within a budget."""

import importlib.util
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

from grpo_rewards import pool
from grpo_rewards.contract import NotInstalled, register_reward
from grpo_rewards.extract import verbatim_answer
from grpo_rewards.gym_tasks import FLOOR, FULL, WHOLE_ONLY, GymRow

logger = logging.getLogger("grpo_rewards")

_REMEMBERED = 10_000  # rows, of up to 10 kB
_known: dict[str, str] = {}  # a row's text -> why it cannot be scored, empty where it can
_counts: Counter[str] = Counter()


def _installed(exact: bool) -> None:
    """Raises NotInstalled without reasoning-gym, where every value would be None."""
    if importlib.util.find_spec("reasoning_gym") is None:
        message = "the reward reasoning_gym needs reasoning-gym, which is not installed: pip install 'swift-grpo[gym]'"
        raise NotInstalled(message)


@register_reward("reasoning_gym", check=_installed)
def reasoning_gym(completions: Sequence[str], gym: Sequence[Any], *, exact: bool = False) -> list[float | None]:
    """The score of reasoning-gym's task for the final answer, 0 to 1; a score of 0.05 or less counts as 0; with `exact`,
    only a score of 1 counts.

    github.com/open-thought/reasoning-gym. Scores the text in `<answer>`, or the answer that `extract` finds. An answer
    is wrong if the task's function raises on it or exceeds its budget. None for a row that cannot be scored: its `gym`
    is not from `swift-grpo data prepare gym:TASK`, or its own answer does not score 1.

    >>> reasoning_gym(["<answer>4</answer>"], ["a row of another set"])
    [None]
    """
    rows = [row if isinstance(row, str) else "" for row in gym]
    faults = _faults({*rows})
    pairs = list(zip(rows, [verbatim_answer(completion) or "" for completion in completions], strict=True))
    asked = sorted({(row, answer) for row, answer in pairs if answer and not faults[row]})
    replies = dict(zip(asked, _replies(asked), strict=True))
    return [None if faults[row] else _paid(row, replies.get((row, answer), 0.0), exact) for row, answer in pairs]


def _faults(rows: set[str]) -> dict[str, str]:
    """Why each row cannot be scored; empty where it can. The row's own answer has to score 1, within its own budget, so
    a later failure is the answer's fault."""
    if len(_known) > _REMEMBERED:
        _known.clear()
    own = {}
    for row in sorted(rows - _known.keys()):
        try:
            own[row] = GymRow.read(row).answer
        except ValueError as error:
            _known[row] = str(error)
    for row, reply in zip(own, _replies(list(own.items())), strict=True):
        if reply is not pool.LOST:  # LOST is not the row's fault
            _known[row] = "" if _number(reply) >= FULL else f"its own answer does not score 1: {reply}"
    faults = {row: _known.get(row, "no worker is available") for row in rows}
    for fault in filter(None, faults.values()):
        _complain("a row is left out", fault)
    return faults


def _replies(asked: Sequence[tuple[str, str]]) -> list[pool.Reply]:
    return pool.ask([{"gym": row, "answer": answer} for row, answer in asked])


def _paid(row: str, reply: pool.Reply, exact: bool) -> float | None:
    if reply is pool.LOST:
        return None
    if isinstance(reply, str | dict):
        _complain("an answer is paid 0", str(reply))
    whole = exact or GymRow.read(row).task in WHOLE_ONLY
    score = _number(reply)  # some tasks go above 1 or below 0 on strange answers; those earn 0
    return score if (FULL if whole else FLOOR) < score <= 1 else 0.0


def _number(reply: pool.Reply) -> float:
    return float(reply) if isinstance(reply, int | float) else 0.0


def _complain(what: str, why: str) -> None:
    """Log the first of each kind, then the 2nd, 4th, 8th, ..."""
    _counts[what] += 1
    if _counts[what].bit_count() == 1:
        logger.warning("reasoning_gym: %s (%d so far): %s", what, _counts[what], why[:200])
