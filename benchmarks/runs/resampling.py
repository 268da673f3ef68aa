"""How often `swift-grpo runs diff` calls equal settings equal, and finds the better of two: drawn again from real runs.

python -m benchmarks.runs.resampling FOLDER… --by KEY [--equal VALUE[=VALUE…]]… [--better VALUE\\>VALUE]… [--size 3]

FOLDER… hold the runs, KEY is a setting as in `runs diff --by`, or several as A,B; VALUE is one of its values as that
command shows it, or several as 1e-06,0.

--equal A     draws two disjoint groups of --size runs from those with A, without replacement, and compares them
--equal A=B   the same from the runs of A and of B together, which are meant to be equal
--better A>B  draws a group from the runs of A and one from those of B, and compares them

A row says in how many draws the groups were called not different, the first better, or the second better. At most
--draws different ones (default 1000), all of them if there are fewer. Draws from one pool share runs, so their
number is not one of independent trials: the interval that counts is the one over pools. The last line says whether the
same seed under two settings goes the same way, which would be a reason to compare seeds in pairs.

Without --equal and --better every value is a pool of equal runs. Only ended runs count.
"""

import argparse
import itertools
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from swift_grpo.evaluation.runs.compare import compare
from swift_grpo.evaluation.runs.groups import Group, group
from swift_grpo.evaluation.runs.reading import RunSummary, found

Sides = tuple[tuple[RunSummary, ...], tuple[RunSummary, ...]]


def equal_draws(pool: list[RunSummary], size: int, draws: int, rng: np.random.Generator) -> Iterator[Sides]:
    """Different pairs of disjoint groups, in random order; all of them if there are at most `draws`."""
    if math.comb(len(pool), size) * math.comb(len(pool) - size, size) // 2 <= draws:
        for first in itertools.combinations(range(len(pool)), size):
            rest = [k for k in range(len(pool)) if k not in first]
            for second in itertools.combinations(rest, size):
                if first < second:
                    yield tuple(pool[k] for k in first), tuple(pool[k] for k in second)
        return
    seen: set[frozenset] = set()
    while len(seen) < draws:
        drawn = rng.permutation(len(pool))[: 2 * size].tolist()
        first, second = frozenset(drawn[:size]), frozenset(drawn[size:])
        if (key := frozenset((first, second))) not in seen:
            seen.add(key)
            yield tuple(pool[k] for k in first), tuple(pool[k] for k in second)


def unequal_draws(a: list[RunSummary], b: list[RunSummary], size: int, draws: int, rng) -> Iterator[Sides]:
    every = list(itertools.product(itertools.combinations(a, size), itertools.combinations(b, size)))
    for k in rng.permutation(len(every))[:draws]:
        yield every[k]


def counted(draws: Iterator[Sides]) -> Counter:
    """How often the first group is better, worse, or not different."""
    return Counter(compare(Group("second", {}, [*b]), Group("first", {}, [*a])).verdict for a, b in draws)


def seeds_agree(groups: list[Group], rng: np.random.Generator) -> str:
    """The correlation of what the same seeds reach under different settings, with p by 2,000 permutations of seeds."""
    rows = [{run.seed: run.training.value for run in one.runs if run.training} for one in groups]
    shared = sorted(set.intersection(*(set(row) for row in rows))) if len(rows) > 1 else []
    if len(shared) < 3:
        return "fewer than three seeds are shared by all settings: nothing to say about pairs"
    table = np.array([[row[seed] for seed in shared] for row in rows])
    table -= table.mean(1, keepdims=True)

    def agreement(values: np.ndarray) -> float:
        return float((values.sum(0) ** 2).sum() - (values**2).sum()) / float((values**2).sum()) / (len(values) - 1)

    seen = agreement(table)
    mixed = [agreement(np.array([rng.permutation(row) for row in table])) for _ in range(2000)]
    p = (1 + sum(abs(one) >= abs(seen) for one in mixed)) / 2001
    return f"the same seed under {len(rows)} settings: correlation {seen:.2f} over {len(shared)} seeds, p={p:.2g}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folders", type=Path, nargs="+")
    options.add_argument("--by", required=True)
    options.add_argument("--equal", action="append", default=[])
    options.add_argument("--better", action="append", default=[])
    options.add_argument("--size", type=int, default=3)
    options.add_argument("--draws", type=int, default=1000)
    given = options.parse_args()
    rng = np.random.default_rng(0)
    groups = group([run for run in found(given.folders) if run.state == "ended"], given.by.split(","))
    runs = {",".join(one.settings.values()): one.runs for one in groups}
    print(
        "| drawn | runs | draws | not different | first better | second better |\n| --- | --- | --- | --- | --- | --- |"
    )
    for words in given.equal or ([] if given.better else [*runs]):
        pool = [run for value in words.split("=") for run in runs[value]]
        row(f"equal: {words}", str(len(pool)), counted(equal_draws(pool, given.size, given.draws, rng)))
    for words in given.better:
        a, b = (runs[value] for value in words.split(">"))
        row(words, f"{len(a)}, {len(b)}", counted(unequal_draws(a, b, given.size, given.draws, rng)))
    print(f"\n{seeds_agree(groups, rng)}")


def row(name: str, runs: str, counts: Counter) -> None:
    total = counts.total()
    shares = [f"{counts[word]} ({counts[word] / max(total, 1):.2f})" for word in ("not different", "better", "worse")]
    print(f"| {name} | {runs} | {total} | {' | '.join(shares)} |")


if __name__ == "__main__":
    main()
