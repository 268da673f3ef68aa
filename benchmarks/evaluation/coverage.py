"""How often the 95% intervals hold what they should: simulated, as a table.


A population of questions has chances of being solved; an experiment draws questions, then answers to each. Four populations:
all questions equally hard; chances spread widely (beta, a + b = 4); bimodal (a + b = 0.4: most are always or never solved);
and all or none. `used` is `stats.proportion`; the others are what it was chosen from.
"""

import argparse
import itertools

import numpy as np

from swift_grpo import stats

POPULATIONS = {"equal": None, "spread": 4.0, "bimodal": 0.4, "all or none": 0.0}
QUESTIONS = (30, 120)
SAMPLES = (1, 8, 64)
MEANS = (0.05, 0.1, 0.3, 0.5, 0.7, 0.83, 0.95)


def chances(population: str, mean: float, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """The questions' chances of being solved."""
    spread = POPULATIONS[population]
    if spread is None:
        return np.full(shape, mean)
    return rng.beta(mean * spread, (1 - mean) * spread, shape) if spread else (rng.random(shape) < mean).astype(float)


def wilson_all(values: np.ndarray, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Wilson over all answers, as if each were of a question of its own."""
    return stats.wilson(values.mean(-1), samples)


def wilson_effective(values: np.ndarray, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Wilson with as many answers as independent ones would be needed for the clustered error."""
    centre, questions = values.mean(-1), values.shape[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = centre * (1 - centre) / (values.var(-1, ddof=1) / questions)
    effective = np.where((centre == 0) | (centre == 1), questions, np.fmin(effective, samples))
    return stats.wilson(centre, effective)


METHODS = {
    "used": stats.proportion,
    "Wilson, effective n": wilson_effective,
    "clustered t": lambda values, samples: stats.mean(values),
    "Wilson, all answers": wilson_all,
}


def covered(population: str, questions: int, samples: int, mean: float, experiments: int, rng) -> dict[str, tuple]:
    """For each method the share of experiments whose interval holds `mean`, and the mean width."""
    hard = chances(population, mean, (experiments, questions), rng)
    values = rng.binomial(samples, hard) / samples
    found = {}
    for name, method in METHODS.items():
        low, high = (np.clip(end, 0, 1) for end in method(values, questions * samples))
        found[name] = (float(((low <= mean) & (mean <= high)).mean()), float((high - low).mean()))
    return found


def table(experiments: int, seed: int = 0) -> list[tuple]:
    """A row for each case: population, questions, samples, true mean, and what `covered` found."""
    rng = np.random.default_rng(seed)
    return [
        (*case, covered(*case, experiments, rng))
        for case in itertools.product(POPULATIONS, QUESTIONS, SAMPLES, MEANS)
        if case[2] > 1 or case[0] == "equal"  # with one sample a question, every population is a coin
    ]


def ties(population: str, questions: int, samples: int, experiments: int, mean: float = 0.5, seed: int = 0) -> float:
    """The share of experiments in which one model, sampled twice, is called different from itself (p below 0.05)."""
    rng = np.random.default_rng(seed)
    hard = chances(population, mean, (experiments, questions), rng)
    first, second = (rng.binomial(samples, hard) / samples for _ in range(2))
    if samples == 1:
        pairs = zip(first.tolist(), second.tolist(), strict=True)
        tested = [stats.difference([[x] for x in a], [[x] for x in b]).p for a, b in pairs]
        return float(np.mean(np.array(tested) < 0.05))
    return float((stats.t_test(second - first, samples)[1] < 0.05).mean())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--experiments", type=int, default=4000)
    given = options.parse_args()
    rows = table(given.experiments)
    keys = sorted({row[:3] for row in rows}, key=[row[:3] for row in rows].index)
    print("| questions are | Q | n | " + " | ".join(f"{mean:g}" for mean in MEANS) + " |")
    print("| --- | --- | --- |" + " --- |" * len(MEANS))
    for key in keys:
        cells = [f"{row[4]['used'][0]:.3f}" for row in rows if row[:3] == key]
        print("| " + " | ".join(map(str, [*key, *cells])) + " |")
    print("\n| method | mean | lowest | below .93 | above .975 | mean width |\n| --- | --- | --- | --- | --- | --- |")
    for name in METHODS:
        share, width = np.array([row[4][name] for row in rows]).T
        worst = rows[int(share.argmin())][:4]
        where = f"{share.min():.3f} ({worst[0]}, {worst[1]} x {worst[2]}, mean {worst[3]:g})"
        counts = f"{(share < 0.93).sum()} of {len(rows)} | {(share > 0.975).sum()} of {len(rows)}"
        print(f"| {name} | {share.mean():.3f} | {where} | {counts} | {width.mean():.3f} |")
    print(
        "\n| a tie called different | Q | "
        + " | ".join(f"n = {n}" for n in SAMPLES)
        + " |\n| --- | --- | --- | --- | --- |"
    )
    for population, questions in itertools.product(("equal", "spread", "bimodal"), (30, 120, 200)):
        shares = [ties(population, questions, n, given.experiments if n > 1 else 1000) for n in SAMPLES]
        print(f"| {population} | {questions} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")


if __name__ == "__main__":
    main()
