"""The paired difference: ties are called different as often as they should, gains are seen, plans hold."""

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.evaluation import coverage
from swift_grpo.stats import difference, questions_needed, t_test


@pytest.mark.parametrize("population", ["spread", "bimodal"])
@pytest.mark.parametrize(("questions", "samples"), [(120, 8), (30, 64)])
def test_a_tie_is_called_different_in_3_to_7_percent(population, questions, samples):
    assert 0.03 <= coverage.ties(population, questions, samples, 4000) <= 0.07


@pytest.mark.parametrize(("gained", "lost"), [(6, 0), (0, 6), (9, 2), (5, 5), (0, 0)])
def test_mcnemar_is_the_exact_binomial(gained, lost):
    a = [[0]] * gained + [[1]] * lost + [[1], [0]]
    b = [[1]] * gained + [[0]] * lost + [[1], [0]]
    expected = min(1.0, 2 * binom.cdf(min(gained, lost), gained + lost, 0.5))
    assert difference(a, b).p == pytest.approx(expected)
    assert difference(a, b).test == "exact McNemar"


def test_pairing_sees_what_two_intervals_do_not():
    rng = np.random.default_rng(3)
    hard = rng.beta(0.5, 0.5, 200)
    a = [rng.binomial(1, p, 16) for p in hard]
    b = [rng.binomial(1, min(1, p + 0.06), 16) for p in hard]
    found = difference(a, b)
    assert found.low > 0
    assert found.p < 0.01


def test_no_difference_at_all_is_not_certain():
    found = difference([[1]] * 50, [[1]] * 50)
    assert (found.value, found.p) == (0.0, 1.0)
    assert found.low < -0.01
    assert found.high > 0.01


def test_fractional_and_unbounded_rewards_take_the_t_test():
    assert difference([[0.5], [0.25]], [[1.0], [0.5]]).test == "t on questions"
    assert difference([[-3.0], [2.0]], [[4.0], [8.0]]).high > 6.5
    assert difference([[1, 0], [0, 0]], [[1, 1], [0, 1]]).test == "t on questions"


@pytest.mark.parametrize(("a", "b"), [([[1]], [[1]]), ([], []), ([[1], [1]], [[1]])])
def test_too_few_questions(a, b):
    with pytest.raises(ValueError, match="cannot be compared"):
        difference(a, b)


def test_the_planned_number_of_questions_has_the_planned_power():
    """Simulated with the numbers that one experiment's variances plan."""
    rng = np.random.default_rng(4)

    def experiments(*shape: int) -> tuple[np.ndarray, np.ndarray]:
        hard = rng.beta(1, 1, shape) * 0.9
        answers = [rng.random((*shape, 4)) < p[..., None] for p in (hard, hard + 0.05)]
        return tuple(right.astype(float) for right in answers)

    pilot = difference(*experiments(4000))
    needed = questions_needed(0.05, 4, pilot.between, pilot.within)
    a, b = experiments(500, needed)
    seen = (t_test(b.mean(-1) - a.mean(-1), 4)[1] < 0.05).mean()
    assert 0.74 <= seen <= 0.86
