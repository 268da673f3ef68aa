"""Which reward tells right from wrong: by what it pays for, else by its name."""

import re
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


def by_grader(texts: "list[RolloutText]", names: list[str], grades: list[float | None]) -> str | None:
    """The two-valued reward that agrees best with our grader's verdicts on the same completions; None if none does."""
    ours = np.array([np.nan if grade is None else float(grade) for grade in grades])
    best, most = None, _AGREES
    for name in names:
        paid = np.array([text.rewards.get(name) for text in texts], dtype=float)
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
