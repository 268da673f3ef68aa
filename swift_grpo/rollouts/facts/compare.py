"""Two runs on the prompts that both have: solve rates, and the difference with its 95% interval."""

from dataclasses import asdict, dataclass

from swift_grpo.rollouts.facts import configuration
from swift_grpo.rollouts.facts.accuracy import settle_accuracy
from swift_grpo.rollouts.index import Index
from swift_grpo.stats import wilson

_BOOTSTRAPS = 2000
ONE_RUN_EACH = (
    "the interval is of these two logs, not of two configurations: two runs of one configuration often differ by more, so "
    "run each with several seeds before you say which is better"
)


@dataclass(frozen=True)
class Change:
    """One prompt: solved of n completions in each run, the difference of rates with its 95% interval."""

    prompt_hash: int
    id: int  # a completion of it in the first run
    solved: tuple[int, int]
    n: tuple[int, int]
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """All matched prompts. `difference` is the mean over prompts, second run minus first; its interval by bootstrap.

    The interval is for the difference of these two logs, not of two configurations: that also varies with the seed,
    which two runs cannot show.
    """

    prompts: int
    rates: tuple[float, float]
    difference: float
    low: float
    high: float
    changes: list[Change]
    settings: dict[str, tuple[str, str]]  # values in both runs, where they differ
    holds_for: str = ONE_RUN_EACH

    def as_json(self) -> dict:
        return asdict(self)


def compare(one: Index, other: Index, last: int | None = None) -> Comparison:
    """Matches prompts by their whole text. `last`: only this many last steps of each run.

    Raises ValueError if the runs share no prompt or a run has no accuracy reward.
    """
    import numpy as np

    first, second = (_judged(index, last) for index in (one, other))
    shared = [key for key in first if key in second]
    if not shared:
        raise ValueError("the runs have no prompt in common (system prompt and template count)")
    changes = []
    for key in shared:
        (a, n, sample), (b, m, _) = first[key], second[key]
        changes.append(Change(key, sample, (a, b), (n, m), b / m - a / n, *newcombe(a, n, b, m)))
    differences = np.array([change.difference for change in changes])
    random = np.random.default_rng(0)
    means = [random.choice(differences, len(differences)).mean() for _ in range(_BOOTSTRAPS)]
    low, high = np.quantile(means, [0.025, 0.975])
    before, after = (float(np.mean([c.solved[k] / c.n[k] for c in changes])) for k in (0, 1))
    return Comparison(
        len(changes), (before, after), float(differences.mean()), float(low), float(high),
        sorted(changes, key=lambda change: change.difference), configuration.differences(one.run, other.run),
    )  # fmt: skip


def _judged(index: Index, last: int | None) -> dict[int, tuple[int, int, int]]:
    found = {key: rate for key, rate in rates(index, last).items() if rate[1]}
    if not found:
        raise ValueError(f"{index.run.root}: no reward that says which completions are right")
    return found


def rates(index: Index, last: int | None = None) -> dict[int, tuple[int, int, int]]:
    """By prompt hash: solved and judged completions, and the id of the last one. `last`: only in this many last steps."""
    settle_accuracy(index)
    since = f"WHERE step > (SELECT max(step) FROM train) - {last}" if last else ""
    rows = index.query(
        f"""SELECT prompt_hash, count(*) FILTER (solved), count(solved), max(id) FROM train
            {since} GROUP BY prompt_hash"""
    )
    return {key: (solved, judged, sample) for key, solved, judged, sample in rows}


def newcombe(a: int, n: int, b: int, m: int) -> tuple[float, float]:
    """95% interval of b/m - a/n. Newcombe 1998 (Statistics in Medicine 17:873), method 10: two Wilson intervals.

    >>> [round(x, 3) for x in newcombe(48, 80, 56, 70)]
    [0.052, 0.334]
    """
    p, q = a / n, b / m
    (low, high), (other_low, other_high) = wilson(p, n), wilson(q, m)
    below = ((q - other_low) ** 2 + (high - p) ** 2) ** 0.5
    above = ((other_high - q) ** 2 + (p - low) ** 2) ** 0.5
    return float(q - p - below), float(q - p + above)
