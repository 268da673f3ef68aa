"""How often the 95% interval of a training's mean holds the truth: simulated series of several lengths, as a table.

A series is AR(1) with correlation rho between neighbours, or a straight slope of four standard deviations under AR(1)
with rho 0.3, whose truth is the middle of the slope. `used` is `stats.series_mean`; the others are what it was chosen
from. The width is a multiple of the one that an oracle with the true variance of the mean would give.

python -m benchmarks.runs.coverage [--experiments N]
"""

import argparse
from collections.abc import Callable

import numpy as np
from scipy.signal import lfilter
from scipy.special import stdtrit

from swift_grpo import stats

SERIES = {"rho 0": (0.0, 0.0), "rho 0.3": (0.3, 0.0), "rho 0.6": (0.6, 0.0), "rho 0.9": (0.9, 0.0), "slope": (0.3, 4.0)}
LENGTHS = (8, 16, 32, 64, 200)


def drawn(rho: float, slope: float, n: int, experiments: int, rng: np.random.Generator) -> np.ndarray:
    """Series of standard deviation 1 and mean 0, without the slope's part of it."""
    shocks = rng.standard_normal((experiments, n)) * np.sqrt(1 - rho**2)
    shocks[:, 0] /= np.sqrt(1 - rho**2)
    return lfilter([1], [1, -rho], shocks, axis=-1) + slope * (np.arange(n) / (n - 1) - 0.5)


def oracle(rho: float, n: int) -> float:
    """The width of the interval that knows the variance of the mean of AR(1)."""
    lags = np.arange(1, n)
    return 2 * stats.Z * np.sqrt((1 + 2 * ((1 - lags / n) * rho**lags).sum()) / n)


def _around(values: np.ndarray, error: np.ndarray, quantile: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    return values.mean(-1) - quantile * error, values.mean(-1) + quantile * error


def _correlation(values: np.ndarray) -> np.ndarray:
    """The correlation of neighbours, with Kendall's correction of its bias, 0 to 0.99."""
    apart = values - values.mean(-1, keepdims=True)
    rho = (apart[:, 1:] * apart[:, :-1]).sum(-1) / (apart**2).sum(-1)
    return np.clip(rho + (1 + 3 * rho) / values.shape[-1], 0, 0.99)


def ar1(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As many independent values as AR(1) is worth, n (1 - rho) / (1 + rho), and t of one less: `used`, uncorrected."""
    rho, n = _correlation(values), values.shape[-1]
    worth = np.maximum(n * (1 - rho) / (1 + rho), 2)
    return _around(values, values.std(-1, ddof=1) / np.sqrt(worth), stdtrit(worth - 1, 0.975))


def batches(count: int) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Means of that many stretches, as if they were independent (Schmeiser 1982)."""

    def bounds(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        length = values.shape[-1] // count
        means = values[:, values.shape[-1] - count * length :].reshape(len(values), count, length).mean(-1)
        return _around(values, means.std(-1, ddof=1) / np.sqrt(count), stats.t_quantile(count))

    return bounds


def newey_west(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bartlett's kernel over 1.3 sqrt(n) lags (Lazarus, Lewis, Stock, Watson 2018), critical values of fixed b
    (Kiefer, Vogelsang 2005, table 1)."""
    n = values.shape[-1]
    most = int(np.ceil(1.3 * np.sqrt(n)))
    apart = values - values.mean(-1, keepdims=True)
    variance = (apart**2).mean(-1)
    for lag in range(1, most):
        variance = variance + 2 * (1 - lag / most) * (apart[:, lag:] * apart[:, :-lag]).sum(-1) / n
    b = most / n
    return _around(values, np.sqrt(variance / n), 1.96 + 2.9694 * b + 0.416 * b**2 - 0.5324 * b**3)


def cosines(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """0.41 n^(2/3) equally weighted cosines (Lazarus and others 2018)."""
    n = values.shape[-1]
    count = max(2, round(0.41 * n ** (2 / 3)))
    waves = np.sqrt(2 / n) * np.cos(np.pi * np.arange(1, count + 1)[:, None] * (np.arange(n) + 0.5) / n)
    return _around(values, np.sqrt(((values @ waves.T) ** 2).mean(-1) / n), stats.t_quantile(count + 1))


METHODS = {
    "used": stats.series,
    "AR(1), any t": ar1,
    "independent steps": stats.mean,
    "4 batches": batches(4),
    "8 batches": batches(8),
    "Newey-West, fixed b": newey_west,
    "cosines": cosines,
}


def covered(name: str, n: int, experiments: int, rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    """For each method the share of series whose interval holds 0, and the mean width beside the oracle's."""
    rho, slope = SERIES[name]
    values = drawn(rho, slope, n, experiments, rng)
    found = {}
    for method, bounds in METHODS.items():
        low, high = bounds(values)
        found[method] = float(((low <= 0) & (high >= 0)).mean()), float((high - low).mean() / oracle(rho, n))
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--experiments", type=int, default=20_000)
    given = options.parse_args()
    rng = np.random.default_rng(0)
    table = {(name, n): covered(name, n, given.experiments, rng) for name in SERIES for n in LENGTHS}
    for place, title in enumerate(("share of intervals that hold the truth", "mean width, in widths of the oracle")):
        print(f"\n{title}\n\n| series | n | " + " | ".join(METHODS) + " |\n" + "| --- " * (2 + len(METHODS)) + "|")
        for (name, n), found in table.items():
            print(f"| {name} | {n} | " + " | ".join(f"{found[one][place]:.3f}" for one in METHODS) + " |")


if __name__ == "__main__":
    main()
