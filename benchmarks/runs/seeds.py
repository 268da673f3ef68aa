"""How often groups of seeds are called different where they are not, and where they are: simulated.

A run's value is its setting's, plus what its seed changes, plus the sampling of 6 steps, whose error (1 here) the run
knows from them. `floor` is the share of the sampling's variance that a group's variance is not below
(`groups.FLOOR`); the middle columns have seeds that change nothing, as much as the sampling, and twice as much.

python -m benchmarks.runs.seeds [--experiments N]
"""

import argparse
from pathlib import Path

import numpy as np

from swift_grpo.evaluation.runs import groups
from swift_grpo.evaluation.runs.compare import against_best, compare
from swift_grpo.evaluation.runs.reading import Outcome, RunSummary
from swift_grpo.formats.run_files import Run

STEPS, BY_SEED, APART = 6, (0.0, 1.0, 2.0), 3.0


def made(level: float, seeds: int, by_seed: float, rng: np.random.Generator) -> groups.Group:
    """A group of runs whose setting reaches `level`."""
    runs = []
    for _ in range(seeds):
        steps = level + by_seed * rng.standard_normal() + np.sqrt(STEPS) * rng.standard_normal(STEPS)
        noise = float(np.sqrt((np.diff(steps) ** 2).sum() / 2 / (STEPS - 1) / STEPS))
        outcome = Outcome("reward", float(steps.mean()), -np.inf, np.inf, "training", STEPS, noise)
        run = Run(Path(), [])
        runs.append(RunSummary("", Path(), run, "ended", "", 30, 30, None, None, {}, "", "", {}, outcome, outcome))
    return groups.Group(str(rng.random()), {}, runs)


def different(apart: float, seeds: int, by_seed: float, experiments: int) -> float:
    """The share of pairs of groups, `apart` of a run's own standard deviations from each other, called different."""
    rng = np.random.default_rng(0)
    level = apart * np.sqrt(1 + by_seed**2)
    pairs = ((made(0, seeds, by_seed, rng), made(level, seeds, by_seed, rng)) for _ in range(experiments))
    return float(np.mean([compare(a, b).verdict != "not different" for a, b in pairs]))


def one_of_several(count: int, seeds: int, experiments: int) -> float:
    """The share of experiments in which any of several equal groups is called worse than the best."""
    rng = np.random.default_rng(0)
    drawn = ([made(0, seeds, 1.0, rng) for _ in range(count)] for _ in range(experiments))
    return float(np.mean([any(v.verdict != "not different" for _, v in against_best(one)[1]) for one in drawn]))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--experiments", type=int, default=1000)
    experiments = options.parse_args().experiments
    used = groups.FLOOR
    print("| seeds | floor | equal, called different: 0 | 1 | 2 | three standard deviations apart: 0 | 1 | 2 |")
    print("| --- " * 8 + "|")
    for seeds in (2, 3, 5):
        for groups.FLOOR in (0.0, used, 1.0):
            shares = [different(apart, seeds, by, experiments) for apart in (0, APART) for by in BY_SEED]
            print(f"| {seeds} | {groups.FLOOR:g} | {' | '.join(f'{one:.3f}' for one in shares)} |")
    groups.FLOOR = used
    print("\n| equal groups | seeds each | one called worse than the best |\n| --- | --- | --- |")
    for count in (2, 3, 4, 6):
        for seeds in (3, 5):
            print(f"| {count} | {seeds} | {one_of_several(count, seeds, experiments):.3f} |")


if __name__ == "__main__":
    main()
