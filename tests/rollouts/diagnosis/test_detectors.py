"""Detectors find what is there, and find something in pure noise about as often as they say."""

import itertools

import numpy as np
import pytest

from swift_grpo.rollouts.diagnosis import detectors

ROWS = 200


def noises(n: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "normal": rng.standard_normal((ROWS, n)),
        "heavy": rng.standard_t(3, (ROWS, n)),
        "skewed": np.exp(0.5 * rng.standard_normal((ROWS, n))),
        "shares of 64": rng.binomial(64, 0.5, (ROWS, n)) / 64,
        "rare of 64": rng.binomial(64, 0.01, (ROWS, n)) / 64,
        "rare of 12": rng.binomial(12, 0.02, (ROWS, n)) / 12,
    }


def shapes_of(rows: np.ndarray) -> list[detectors.Shape]:
    return list(detectors.shapes({str(k): row for k, row in enumerate(rows)}).values())


@pytest.mark.slow
@pytest.mark.parametrize("n", [36, 80, 400, 1600])
def test_false_alarms_of_levels(n):
    for name, rows in noises(n).items():
        assert np.mean([len(shape.means) > 1 for shape in shapes_of(rows)]) <= (0.08 if n < 80 else 0.05), name


@pytest.mark.parametrize("n", [36, 400])
def test_false_alarms_of_spikes_and_swings(n):
    for name in ("normal", "heavy", "skewed"):
        rows = noises(n)[name]
        assert np.mean([bool((detectors.spikes(np.abs(row))[1] > 5).any()) for row in rows]) <= 0.02, name
        assert np.mean([detectors.swing(row)[2] < detectors.SWING_P for row in rows]) <= 0.02, name


def test_correlated_noise_does_not_swing():
    rng = np.random.default_rng(0)
    for row in rng.standard_normal((50, 200)):
        for k in range(1, len(row)):
            row[k] += 0.8 * row[k - 1]
        assert detectors.swing(row)[2] > detectors.SWING_P


@pytest.mark.parametrize("place", [20, 86, 95])
def test_a_step_is_found_where_it_is(place):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((50, 100)) + 4 * (np.arange(100) >= place)
    for shape in shapes_of(rows):
        assert len(shape.means) == 2
        assert abs(shape.first(1) - place) <= 2


def test_a_single_point_is_a_spike_and_no_level():
    rng = np.random.default_rng(0)
    row = 1 + 0.1 * rng.standard_normal(100)
    row[60] = 15
    assert len(shapes_of(row[None])[0].means) == 1
    places, times = detectors.spikes(row)
    assert places.tolist() == [60] and 12 < times[0] < 18


@pytest.mark.parametrize("period", [9, 14.5, 22])
def test_a_period_is_found(period):
    rng = np.random.default_rng(0)
    found, amplitude, chance = detectors.swing(
        np.sin(2 * np.pi * np.arange(120) / period) + 0.5 * rng.standard_normal(120)
    )
    assert chance < detectors.SWING_P
    assert found == pytest.approx(period, rel=0.1) and amplitude == pytest.approx(1, rel=0.3)


def test_partition_is_the_best_of_all():
    """Against every split of short rows."""
    for row in np.random.default_rng(0).standard_normal((10, 11)) + 3 * (np.arange(11) > 5):
        n, cost = len(row), detectors.PENALTY * np.log(len(row)) * (1 + 10 / len(row))
        splits = [
            [0, *cuts, n]
            for k in range(3)
            for cuts in itertools.combinations(range(3, n - 2), k)
            if all(b - a >= detectors.LEAST for a, b in itertools.pairwise([0, *cuts, n]))
        ]
        costs = [
            sum(((row[a:b] - row[a:b].mean()) ** 2).sum() + cost for a, b in itertools.pairwise(s)) for s in splits
        ]
        assert detectors.partition(row[None], detectors.PENALTY)[0].tolist() == splits[int(np.argmin(costs))]


@pytest.mark.parametrize("values", [[], [np.nan] * 5, [1.0], [2.0] * 50, [0.0, np.nan, 1e300] * 20])
def test_odd_series_end_in_no_error(values):
    row = np.array(values, dtype=float)
    for shape in detectors.shapes({"": row}).values():
        assert shape.bounds[-1] == len(shape.values) and np.isfinite(shape.means).all()
        detectors.spikes(shape.values), detectors.swing(shape.values), detectors.turns(shape, 2)
