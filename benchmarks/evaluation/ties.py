"""How often a model is called different from itself: pairs of evaluations drawn from the samples of a real one.

    python -m benchmarks.evaluation.ties output/eval/MODEL/SET/grades.jsonl [--pairs 1000]

Each pair takes 2 n other samples of every question, n a side. Pairs share samples with one another, not their two sides.
"""

import argparse
import random
from pathlib import Path

from swift_grpo.evaluation import grades
from swift_grpo.stats import difference


def called_different(verdicts: list[list[float]], n: int, pairs: int, seed: int = 0) -> float:
    """The share of pairs with p < 0.05. Raises ValueError where a question has fewer than 2 n samples."""
    rng = random.Random(seed)
    different = 0
    for _ in range(pairs):
        drawn = [rng.sample(one, 2 * n) for one in verdicts]
        different += difference([one[:n] for one in drawn], [one[n:] for one in drawn]).p < 0.05
    return different / pairs


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("grades", type=Path)
    options.add_argument("--pairs", type=int, default=1000)
    given = options.parse_args()
    verdicts = [one.verdicts for one in grades.read(given.grades) if one.verdicts]
    least = min(map(len, verdicts))
    print(f"{len(verdicts)} questions, {least} samples each, {given.pairs} pairs")
    for n in (1, 4, 8, 16):
        if 2 * n <= least:
            print(f"n = {n}: {called_different(verdicts, n, given.pairs):.3f}", flush=True)


if __name__ == "__main__":
    main()
