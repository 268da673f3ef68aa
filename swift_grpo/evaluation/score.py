"""Runs rewards over existing completions: a data set with completions, or a log of ms-swift."""

import asyncio
import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from grpo_rewards import settings, verdict_log
from grpo_rewards.contract import MissingParameter, NotInstalled, Reward, RewardError

from swift_grpo.check import probe
from swift_grpo.evaluation.user_rewards import ORMS, place_of
from swift_grpo.formats.run_files import read_args

BATCH = 256
ODDEST = 3


@dataclass
class Scores:
    """A reward's values, one per completion (None: left out), and the seconds for all of them. `reasons`: why, for the
    completions (from 0) of which the reward says it."""

    name: str
    values: list[float | None] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0
    skipped: str = ""

    @property
    def paid(self) -> list[float]:
        return [value for value in self.values if value is not None]

    def summary(self) -> dict[str, Any]:
        paid = self.paid
        return {
            "reward": self.name,
            "n": len(self.values),
            "none": len(self.values) - len(paid),
            "mean": sum(paid) / len(paid) if paid else None,
            "min": min(paid, default=None),
            "max": max(paid, default=None),
            "microseconds": 1e6 * self.seconds / len(self.values) if self.values else None,
            "skipped": self.skipped or None,
        }

    def oddest(self) -> list[int]:
        """The completions to look at: first those left out, then those farthest from the mean."""
        left_out = [i for i, value in enumerate(self.values) if value is None]
        mean = sum(self.paid) / max(1, len(self.paid))
        distances = [(-abs(value - mean), i) for i, value in enumerate(self.values) if value not in (None, mean)]
        return [*left_out, *(i for _, i in sorted(distances))][:ODDEST]


def score(rows: Sequence[dict[str, Any]], names: Sequence[str], flags: dict[str, Any]) -> list[Scores]:
    """Each reward over all rows. A reward without its column or parameter is skipped, with the reason.

    `flags` are ms-swift's, for example {"cosine_max_len": 2048}. Raises RewardError for an unknown reward or a wrong
    parameter.
    """
    rewards = settings.load()
    unknown = [name for name in names if name not in rewards and name not in ORMS]
    if unknown:
        raise RewardError(f"there is no reward {unknown[0]}; known: {', '.join(sorted([*rewards, *ORMS]))}")
    return [
        _score_class(rows, name, flags) if name in ORMS else _score(rows, name, *rewards[name], flags) for name in names
    ]


def _score_class(rows: Sequence[dict[str, Any]], name: str, flags: dict) -> Scores:
    """A class of ms-swift's `orms`, built and called as ms-swift does. Raises RewardError for any exception of it."""
    kind, state = ORMS[name], SimpleNamespace(global_step=0, max_steps=1, epoch=0.0)
    try:
        reward = kind(args=probe.Arguments(flags))
        return _over(rows, name, lambda texts, columns: reward(texts, trainer_state=state, **columns))
    except Exception as error:
        raise RewardError(f"the reward {name}: {place_of(error, Path(inspect.getfile(kind)))}") from None


def _score(rows: Sequence[dict[str, Any]], name: str, reward: Reward, parameters: dict, flags: dict) -> Scores:
    rewarder, skipped = None, ""
    try:
        rewarder = settings.build(reward, parameters, SimpleNamespace(**flags))
    except (MissingParameter, NotInstalled) as error:
        skipped = str(error)
    missing = [column for column in reward.needs if all(row.get(column) is None for row in rows)]
    if missing:
        hint = "; give the model by --tokenizer" if missing[0] == "response_token_ids" else ""
        skipped = f"no row has `{missing[0]}`{hint}"
    if rewarder is None or skipped:
        return Scores(name, skipped=skipped)
    pay = rewarder.ask if reward.is_async else rewarder
    whole_groups = any(column.name == "group_tokens" for column in reward.columns)
    return _over(rows, name, lambda texts, columns: pay(texts, **columns), len(rows) if whole_groups else BATCH)


def _over(
    rows: Sequence[dict[str, Any]], name: str, pay: Callable[[list[str], dict], Any], size: int = BATCH
) -> Scores:
    """The values for all rows, `size` at a time. `pay` takes completions and columns, and may be asynchronous."""
    scores = Scores(name)
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        columns = {key: [row.get(key) for row in batch] for key in {k for row in batch for k in row} - {"completion"}}
        begun = time.perf_counter()
        texts = [row["completion"] for row in batch]
        with verdict_log.kept() as entries:
            paid = pay(texts, columns)
            values = list(asyncio.run(paid) if inspect.iscoroutine(paid) else paid)
        scores.seconds += time.perf_counter() - begun
        said = {(one["completion"], one["value"]): one["reason"] for one in entries if one["reason"]}
        keys = [
            (verdict_log.entry(text, None, "")["completion"], value) for text, value in zip(texts, values, strict=True)
        ]
        scores.reasons |= {start + at: said[key] for at, key in enumerate(keys) if key in said}
        scores.values += values
    return scores


def read_flags(path: Path) -> dict[str, Any]:
    """The flags of the run that wrote a log, from the `args.json` next to it; {} if it is missing or unreadable."""
    return read_args(path.parent)


def flag_of(text: str) -> tuple[str, Any]:
    """Name and value of a flag from the command line. Raises RewardError for a flag that no reward reads.

    >>> flag_of("cosine_max_len=2048")
    ('cosine_max_len', 2048)
    """
    name, _, value = text.removeprefix("--").partition("=")
    read = {flag for reward, _ in settings.load().values() for flags in reward.flags.values() for flag in flags}
    if name not in read or not value:
        raise RewardError(f"--flag {text} is not NAME=VALUE with a name of {', '.join(sorted(read))}")
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, value


def names_of(text: str) -> list[str]:
    """Reward names from the command line; `all` stands for all that need no server.

    >>> names_of("math_accuracy, r1_format")
    ['math_accuracy', 'r1_format']
    """
    if text == "all":
        return [name for name, (reward, _) in sorted(settings.load().items()) if not reward.is_async]
    return [name.strip() for name in text.split(",") if name.strip()]


def verdicts(rows: Sequence[dict[str, Any]]) -> list[str | None]:
    """The grader's verdict on each row; None for one without a `solution`."""
    from grpo_rewards.grading import judge_batch

    graded = [at for at, row in enumerate(rows) if "solution" in row]
    judged = judge_batch([rows[at]["completion"] for at in graded], [rows[at]["solution"] for at in graded])
    found = dict(zip(graded, (verdict.value for verdict in judged), strict=True))
    return [found.get(at) for at in range(len(rows))]
