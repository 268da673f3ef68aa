"""What happened in a series: levels and when they changed, spikes, swings. Small functions of numpy arrays.

Thresholds here are rates of false alarms under the series' own noise, measured by
tests/rollouts/diagnosis/test_detectors.py.
"""

from dataclasses import dataclass

import numpy as np

POINTS = 400  # a longer series becomes means of equally many steps
PENALTY = 3.0  # times log n, in variances: a series of pure noise has a change in about 1 of 100 (own simulation)
LEAST = 3  # points of a level
SPIKE = 6.0  # robust standard deviations, of logarithms
_OUTLIER = 4.0
_LEAST_NOISE = 1e-6  # a series that never varies has no noise to divide by
_CORRELATED = 0.6  # more correlation between neighbours than this is a trend
SWING_P = 1e-4  # probability of a period this strong in white noise (Fisher's g)


@dataclass(frozen=True)
class Shape:
    """A series as levels. `at`: places of its points in the run's steps; `values`: at these; `bounds[k]` to `bounds[k +
    1]`: the points of level k, with the mean `means[k]`. `noise`: standard deviation of a point about its level, for
    the mean of a level."""

    at: np.ndarray
    values: np.ndarray
    bounds: np.ndarray
    means: np.ndarray
    noise: float

    @property
    def sizes(self) -> np.ndarray:
        return np.diff(self.bounds)

    @property
    def errors(self) -> np.ndarray:
        """Standard errors of `means`."""
        return self.noise / np.sqrt(self.sizes)

    def first(self, level: int) -> int:
        """The place in the run's steps where a level begins."""
        return int(self.at[self.bounds[level]])

    def last(self, level: int) -> int:
        return int(self.at[self.bounds[level + 1] - 1])


def shapes(series: dict[str, np.ndarray], correlated: bool = True) -> dict[str, Shape]:
    """The levels of several series over the same steps; NaN is not a point, and a series without points has no shape.
    `correlated`: whether neighbours may be alike by chance (see `noise`)."""
    result: dict[str, Shape] = {}
    alike: dict[bytes, list[str]] = {}
    for name, values in series.items():
        alike.setdefault(np.isfinite(values).tobytes(), []).append(name)
    for names in alike.values():
        at = np.flatnonzero(np.isfinite(series[names[0]]))
        if not len(at):
            continue
        edges = np.unique(np.linspace(0, len(at), min(POINTS, len(at)) + 1).astype(int))
        full = np.stack([series[name][at] for name in names])
        points = np.add.reduceat(full, edges[:-1], axis=1) / np.diff(edges)
        scale = noise(points, correlated)
        plain = _without_outliers(points, scale) / scale[:, None]
        for name, row, sd, bounds in zip(names, points, scale, partition(plain, PENALTY), strict=True):
            means = np.add.reduceat(row, bounds[:-1]) / np.diff(bounds)
            result[name] = Shape(at[edges[:-1]], row, bounds, means, float(sd))
    return result


def noise(x: np.ndarray, correlated: bool = True) -> np.ndarray:
    """Standard deviation of each row's noise, shape (rows,): from differences of neighbours, so levels and trends
    do not count; with `correlated`, wider for correlated noise, from the rest after a running median."""
    n = x.shape[1]
    if n < 3:
        return np.full(len(x), np.inf)
    steps = np.diff(x, axis=1)
    middle = np.median(steps, axis=1, keepdims=True)
    robust = 1.4826 * np.median(np.abs(steps - middle), axis=1) / np.sqrt(2)
    plain = np.minimum(steps.std(axis=1) / np.sqrt(2), x.std(axis=1))
    least = _LEAST_NOISE * (1 + np.abs(x).max(axis=1))
    if not correlated:
        return np.maximum(plain, least)
    sd = np.maximum(robust, 0.7 * plain)  # if the noise itself changes, the median is too small
    if n >= 20:
        rest = x - running_median(x, max(5, n // 8) | 1)
        rest = np.clip(rest, -_OUTLIER * sd[:, None], _OUTLIER * sd[:, None])
        power = (rest**2).sum(axis=1)
        lag = (rest[:, 1:] * rest[:, :-1]).sum(axis=1) / np.where(power > 0, power, 1)
        lag = np.clip(lag, 0, _CORRELATED)
        wide = np.sqrt((rest**2).mean(axis=1) * (1 + lag) / (1 - lag))
        sd = np.maximum(sd, np.minimum(wide, x.std(axis=1)))
    return np.maximum(sd, least)


def running_median(x: np.ndarray, width: int) -> np.ndarray:
    """Median of `width` (odd) neighbours along each row, edges repeated."""
    padded = np.pad(x, ((0, 0), (width // 2, width // 2)), mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, width, axis=1), axis=2)


def _without_outliers(x: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Moves single points far off closer: they are spikes, not levels."""
    middle = running_median(x, 5)
    return middle + np.clip(x - middle, -_OUTLIER * sd[:, None], _OUTLIER * sd[:, None])


def partition(x: np.ndarray, penalty: float) -> list[np.ndarray]:
    """Bounds of the levels of each row of unit noise: the split with the least squared error plus `penalty` log n per
    level, exactly (optimal partitioning, Jackson 2005). All rows at once: 100 rows of 400 points take 0.1 s. `ruptures`
    (KernelCPD) finds the same bounds; its import takes 1 s."""
    rows, n = x.shape
    cost = penalty * np.log(max(n, 2)) * (1 + 10 / n)
    zero = np.zeros((rows, 1))
    sums, squares = (np.concatenate([zero, np.cumsum(one, axis=1)], axis=1) for one in (x, x * x))
    best = np.full((rows, n + 1), np.inf)
    best[:, 0] = -cost
    before = np.zeros((rows, n + 1), dtype=int)
    for end in range(min(LEAST, n), n + 1):
        starts = np.arange(end - min(LEAST, n) + 1)
        total = sums[:, end : end + 1] - sums[:, starts]
        error = squares[:, end : end + 1] - squares[:, starts] - total**2 / (end - starts)
        tried = best[:, starts] + error + cost
        before[:, end] = tried.argmin(axis=1)
        best[:, end] = tried[np.arange(rows), before[:, end]]
    return [_trace(row, n) for row in before]


def _trace(before: np.ndarray, end: int) -> np.ndarray:
    bounds = [end]
    while bounds[-1] > 0:
        bounds.append(int(before[bounds[-1]]))
    return np.array(bounds[::-1])


def spikes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of single values that are many times their neighbourhood, and how many times the median of 9 they are.

    For values that are not negative. Judged in logarithms, as gradients and KL vary by factors. A neighbourhood below
    half of the whole series' median counts as that: when most groups have no variance, most gradients are small.
    """
    if len(values) < 10:
        return np.array([], dtype=int), np.array([])
    usual = running_median(values[None], 9)[0].clip(min=max(0.5 * float(np.median(np.abs(values))), 1e-12))
    times = np.maximum(values, 1e-12) / usual
    rest = np.log(times)
    sd = max(1.4826 * float(np.median(np.abs(rest - np.median(rest)))), 0.05)
    places = np.flatnonzero((rest > SPIKE * sd) & (times > 2))
    return places, times[places]


def swing(values: np.ndarray) -> tuple[float, float, float]:
    """The strongest period, in points, its amplitude and its probability in noise; (0, 0, 1) for fewer than 24 points.

    Idea: a series that swings has most of its power at one frequency; noise has it everywhere.
    Formula: without a moving mean of a third of the series and without an autoregression of order 1, g = the
    largest power / their sum over n frequencies; in noise a g this large has the chance n (1 - g)^(n - 1) (Fisher's g
    test). Periods of more than a quarter of the series are trends.
    Example: a sine with a period of 10 points over 100 points gives a period of about 10 with a chance near 0.

    >>> period, amplitude, chance = swing(np.sin(2 * np.pi * np.arange(100) / 10))
    >>> round(period, 1), round(amplitude, 1), chance < 1e-6
    (10.0, 1.0, True)
    """
    n = len(values)
    if n < 24:
        return 0.0, 0.0, 1.0
    width = max(9, n // 3) | 1
    rest = values - np.convolve(np.pad(values, width // 2, mode="reflect"), np.ones(width) / width, mode="valid")
    rest -= rest.mean()
    total = float((rest**2).sum())
    if total <= 0:
        return 0.0, 0.0, 1.0
    lag = float(np.clip((rest[1:] * rest[:-1]).sum() / total, 0, 0.95))
    power, white = (np.abs(np.fft.rfft(one)) ** 2 for one in (rest, rest[1:] - lag * rest[:-1]))
    usable = white[4 : n // 3]  # four periods or more, of three points or more
    if len(usable) < 4:
        return 0.0, 0.0, 1.0
    # Twice as fine: a period between two bins is in both.
    fine = np.abs(np.fft.rfft(rest[1:] - lag * rest[:-1], 2 * len(rest) - 2)) ** 2
    k = 8 + int(fine[8 : 2 * (n // 3)].argmax())
    share = min(1.0, fine[k] / max(usable.sum(), fine[k]))
    chance = min(1.0, 2 * len(usable) * (1 - share) ** (len(usable) - 1))
    near = power[max(4, k // 2 - 1) : k // 2 + 2].sum()
    return 2 * n / k, float(2 * np.sqrt(near) / n), float(chance)


def turns(shape: Shape, sure: float) -> np.ndarray:
    """The levels at which a series turns, with the first and the last: each differs from the next
    by more than `sure` standard errors, and the direction alternates."""
    kept = [0]
    for k in range(1, len(shape.means)):
        change = shape.means[k] - shape.means[kept[-1]]
        if len(kept) >= 2 and change * (shape.means[kept[-1]] - shape.means[kept[-2]]) > 0:
            kept[-1] = k
        elif abs(change) > sure * np.hypot(shape.errors[k], shape.errors[kept[-1]]):
            kept.append(k)
    return np.array(kept)
