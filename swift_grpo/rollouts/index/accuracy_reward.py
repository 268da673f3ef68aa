"""Which reward tells right from wrong: by what it pays for, else by its name."""

import itertools
import re
import time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from swift_grpo.rollouts.index import Index
    from swift_grpo.rollouts.reading.rollout_text import RolloutText

# What a class that pays for right answers is called, most telling first.
_ACCURACY = (
    "accura",
    "correct",
    "exact",
    "verif",
    "answer",
    "match",
    "solve",
    "countdown",
    "math",
    "result",
    "pass",
    "acc",
    "code",
)
_NOT_ACCURACY = re.compile("format|length|penalty|overlong|repet|brev|tag|language|model|judge|style", re.IGNORECASE)
_LEAST = 12  # graded completions of both outcomes, from which agreement means something
_STEPS, _COMPLETIONS = 48, 12  # that the grader is shown: a line of the log costs 1 ms
_ENOUGH = 48  # right ones and wrong ones each, after which no more are asked for
_GRADING_SECONDS = 2.0  # and gets: an answer in odd LaTeX may take seconds to compare
_AGREES = 0.6  # phi; a column that pays for form or length correlates with being right, yet not as its own verdict


def by_name(names: list[str]) -> str | None:
    """The class that is named for right answers, None if none is.

    >>> by_name(["Format", "CountdownORM"]), by_name(["SomeRewardModel"])
    ('CountdownORM', None)
    """
    fit = [name for name in names if may_be(name)]
    return next((name for word in _ACCURACY for name in fit if word in name.lower()), None)


def may_be(name: str) -> bool:
    """Whether the name does not speak against it."""
    return not _NOT_ACCURACY.search(name)


def by_grader(index: "Index") -> str | None:
    """The two-valued reward that agrees best with our grader on a sample of the log, always the same one; None if none does.

    Step by step, until there are enough of both outcomes: the texts of one step are held at a time.
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


def grades(texts: "list[RolloutText]", seconds: float) -> list[float | None]:
    """Our grader's verdicts, None where the gold is missing or cannot be read, where the thought never ends, or where
    the time was over. A fixed shuffle: what was graded in time comes from the whole run."""
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
    """The two-valued reward that agrees best with the verdicts; both run along the same completions. None if none does."""
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


def need_accuracy(index: "Index") -> str:
    """What is missing, in words, where no reward tells right from wrong; "" where one does."""
    if not index.query("SELECT 1 FROM rollouts WHERE reward IS NOT NULL LIMIT 1"):
        return "a reward column in completions.jsonl"
    if index.accuracy_name is None and index.reward_names:
        return f"a reward that tells right from wrong, see --accuracy (there are {', '.join(index.reward_names[:5])})"
    return "completions with a reward"
