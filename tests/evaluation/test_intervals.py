"""The interval covers what it says, at the ends too; the long table is `python -m benchmarks.evaluation.coverage`."""

import numpy as np
import pytest
from scipy.stats import binomtest

from benchmarks.evaluation import coverage
from swift_grpo import stats


@pytest.mark.parametrize("correct", [0, 1, 7, 29, 30])
def test_one_sample_a_question_is_wilson(correct):
    measured = stats.estimate([[1]] * correct + [[0]] * (30 - correct))
    bounds = binomtest(correct, 30).proportion_ci(method="wilson")
    assert (measured.low, measured.high) == pytest.approx((bounds.low, bounds.high))


@pytest.mark.parametrize("population", ["spread", "bimodal"])
@pytest.mark.parametrize("samples", [8, 64])
def test_coverage_is_nominal_where_the_naive_one_is_not(population, samples):
    found = coverage.covered(population, 30, samples, 0.5, 2000, np.random.default_rng(1))
    assert 0.93 <= found["used"][0] <= 0.98
    assert found["Wilson, all answers"][0] < 0.85


@pytest.mark.parametrize(
    "scores",
    [
        [[0, 0], [0, 0]],  # nothing right
        [[1, 1], [1, 1]],
        [[1, 0], [1, 0], [0, 1]],  # no question differs from another
        [[1, 0]],  # one question
        [[1]],
        [[0.25], [0.5]],  # a reward between 0 and 1
    ],
)
def test_what_leaves_no_variance_leaves_doubt(scores):
    measured = stats.estimate(scores)
    assert 0 <= measured.low <= measured.value <= measured.high <= 1
    assert measured.high - measured.low > 0.2


def test_rewards_on_any_scale_and_questions_without_samples():
    measured = stats.estimate([[-2.0, 0.0], [3.0], [], [1.0]])
    assert (measured.questions, measured.samples, measured.value) == (3, 4, 1.0)
    assert measured.low < -1 < 3 < measured.high
    with pytest.raises(ValueError, match="nothing could be graded"):
        stats.estimate([[], []])


def test_more_questions_help_and_more_samples_of_the_same_do_not_help_for_ever():
    rng = np.random.default_rng(2)

    def width(questions: int, samples: int) -> float:
        hard = rng.beta(1, 1, questions)
        measured = stats.estimate([rng.binomial(1, chance, samples) for chance in hard])
        return measured.high - measured.low

    assert width(400, 8) < 0.6 * width(100, 8)
    assert width(100, 512) > 0.6 * width(100, 8)
