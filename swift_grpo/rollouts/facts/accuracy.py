"""Which reward tells right from wrong, by its agreement with our grader; computed once, when a view needs it."""

import itertools
import time

import numpy as np

from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.reading.rollout_text import RolloutText

_LEAST = 12  # fewest graded completions, of both outcomes, for a meaningful agreement
_STEPS, _COMPLETIONS = 48, 12  # for the grader: a line of the log takes 1 ms
_ENOUGH = 48  # right ones and wrong ones each; then grading stops
_GRADING_SECONDS = 2.0  # for the grader: an answer in odd LaTeX may take seconds to compare
_AGREES = 0.6  # phi; rewards for form or length correlate with right answers, but less than this


def settle_accuracy(index: Index) -> None:
    """Finds with our grader which reward pays for right answers, unless it is known or chosen.

    Call it before anything that counts right answers. Grades up to 576 completions, about 2 seconds at most. The index
    keeps the result in the cache and uses it in its views.
    """
    if index.accuracy_is_open:
        index.keep_accuracy(by_grader(index) or "")


def by_grader(index: Index) -> str | None:
    """The two-valued reward that agrees best with our grader on a fixed sample of the log; None if none does.

    Goes step by step until there are enough of both outcomes, and holds the texts of one step at a time.
    """
    rows = index.query(
        f"""SELECT step, id FROM train WHERE step IN (SELECT DISTINCT step FROM train ORDER BY hash(step) LIMIT {_STEPS})
            QUALIFY row_number() OVER (PARTITION BY step ORDER BY hash(id)) <= {_COMPLETIONS} ORDER BY hash(step), id"""
    )
    rewards: list[dict[str, float | None]] = []
    verdicts: list[float | None] = []
    deadline = time.monotonic() + _GRADING_SECONDS
    for _, ids in itertools.groupby(rows, key=lambda row: row[0]):
        texts = index.texts(one for _, one in ids)
        rewards += [text.rewards for text in texts]
        verdicts += grades(texts, deadline - time.monotonic())
        if min(verdicts.count(0), verdicts.count(1)) >= _ENOUGH or time.monotonic() > deadline:
            break
    return agreeing(rewards, index.reward_names, verdicts)


def grades(texts: list[RolloutText], seconds: float) -> list[float | None]:
    """Our grader's verdicts; None where the gold is missing or cannot be read, where the thought never ends, or after
    the time limit. The order is a fixed shuffle, so the graded ones come from the whole run."""
    from grpo_rewards import grade
    from grpo_rewards.extract import after_thought

    result: list[float | None] = [None] * len(texts)
    deadline = time.monotonic() + seconds
    for k in sorted(range(len(texts)), key=lambda k: k * 2654435761 % 2**32):
        if time.monotonic() > deadline:
            break
        text = texts[k]
        if text.solution is not None and after_thought(text.completion):
            result[k] = grade(text.completion, text.solution)
    return result


def agreeing(rewards: list[dict[str, float | None]], names: list[str], verdicts: list[float | None]) -> str | None:
    """The two-valued reward that agrees best with the verdicts on the same completions; None if none does."""
    ours = np.array([np.nan if verdict is None else float(verdict) for verdict in verdicts])
    best, most = None, _AGREES
    for name in names:
        paid = np.array([row.get(name) for row in rewards], dtype=float)
        known = np.isfinite(paid) & np.isfinite(ours)
        values = np.unique(paid[known])
        if len(values) != 2 or min((ours[known] == 1).sum(), (ours[known] == 0).sum()) < _LEAST:
            continue
        agreement = float(np.corrcoef(paid[known], ours[known])[0, 1])
        if agreement > most:
            best, most = name, agreement
    return best


def need_accuracy(index: Index) -> str:
    """What the log lacks where no reward tells right from wrong; "" where one does."""
    if not index.query("SELECT 1 FROM rollouts WHERE reward IS NOT NULL LIMIT 1"):
        return "a reward column in completions.jsonl"
    if index.accuracy_name is None and index.reward_names:
        return f"a reward that tells right from wrong, see --accuracy (there are {', '.join(index.reward_names[:5])})"
    return "completions with a reward"
