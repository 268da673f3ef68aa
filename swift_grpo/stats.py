"""The one interval: 95% bounds that know that n samples of one question are not independent.

A question is drawn, then answered n times; answers to one question resemble each other, so the questions are what counts
(clustered errors: Miller, arXiv 2411.00640; small samples: Bowyer et al., arXiv 2503.01747). Every function takes arrays of
any leading shape with one value a question on the last axis, which is how `tests/evaluation/coverage.py` simulates them.
docs/evaluation.md says why these and no others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over questions with the ends of its 95% interval; `samples` is how many answers there were to all of them."""

    value: float
    low: float
    high: float
    questions: int
    samples: int

    def __str__(self) -> str:
        many = f" x {self.samples / self.questions:g}" if self.samples > self.questions else ""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] n={self.questions}{many}"


def estimate(scores: Sequence[Sequence[float]]) -> Estimate:
    """The mean score with its interval; `scores` has one sequence a question, one score in it a sample.

    Each question counts the same, however many samples it has. Scores outside [0, 1] get a t interval. Raises ValueError
    where there is no score at all; a question without any is no question.

    >>> print(estimate([[1], [0], [1], [0], [1], [0], [1], [0], [1], [0]]))
    0.500 [0.237, 0.763] n=10
    >>> print(estimate([[1, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 0, 1]]))
    0.625 [0.080, 0.968] n=4 x 4
    """
    scores = [one for one in scores if len(one)]
    if not scores:
        raise ValueError("nothing could be graded")
    return of_questions([float(np.mean(one)) for one in scores], sum(map(len, scores)))


def of_questions(values: Sequence[float], samples: int) -> Estimate:
    """The same from one value a question, such as its pass@k. Raises ValueError where there is none."""
    if not len(values):
        raise ValueError("nothing could be graded")
    array = np.asarray(values, dtype=float)
    bounded = array.min() >= 0 and array.max() <= 1
    low, high = proportion(array, samples) if bounded else mean(array)
    return Estimate(float(array.mean()), float(low), float(high), len(array), samples)


def proportion(values: np.ndarray, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the mean of `values` in [0, 1], one a question; `samples`: answers in all.

    Where every value is 0 or 1 (one sample each, or a vote) that is Wilson's score interval over the questions (Wilson 1927).
    So it is where all values are the same: such data say nothing of how questions differ, and each counts once. Else the
    t interval of the logit of the mean m, with its error by the delta method, s / (sqrt(Q) m (1 - m)), and half a right and
    half a wrong answer added to m.

    >>> low, high = proportion(np.array([0.25, 0.5, 0.75, 1.0]), 16)
    >>> round(float(low), 2), round(float(high), 2)
    (0.16, 0.93)
    """
    questions = values.shape[-1]
    centre = values.mean(-1)
    decided = np.isin(values, (0, 1)).all(-1) | (values.min(-1) == values.max(-1))
    inner = (centre * samples + 0.5) / (samples + 1)
    logit = np.log(inner / (1 - inner))
    with np.errstate(invalid="ignore"):
        error = _error(values) / (inner * (1 - inner))
        low, high = (1 / (1 + np.exp(-(logit + sign * t_quantile(questions) * error))) for sign in (-1, 1))
    exact = wilson(centre, questions)
    return np.where(decided, exact[0], low), np.where(decided, exact[1], high)


def wilson(rate: np.ndarray | float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval of a rate seen in `n` independent trials.

    >>> low, high = wilson(0.5, 10)
    >>> round(float(low), 3), round(float(high), 3)
    (0.237, 0.763)
    """
    z = 1.959963984540054  # the normal quantile of 0.975
    rate = np.asarray(rate, dtype=float)
    middle = rate + z * z / (2 * n)
    half = z * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return np.where(rate == 0, 0.0, low), np.where(rate == 1, 1.0, high)


def mean(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the mean of values on any scale: Student's t over questions; unbounded where there is only one."""
    if values.shape[-1] < 2:
        return np.full(values.shape[:-1], -np.inf), np.full(values.shape[:-1], np.inf)
    half = t_quantile(values.shape[-1]) * _error(values)
    return values.mean(-1) - half, values.mean(-1) + half


def _error(values: np.ndarray) -> np.ndarray:
    """The clustered standard error of the mean: that of the questions' values, whatever their answers' correlation."""
    questions = values.shape[-1]
    return values.std(-1, ddof=1) / np.sqrt(questions) if questions > 1 else np.full(values.shape[:-1], np.nan)


def t_quantile(questions: int) -> float:
    """The 0.975 quantile of Student's t with as many degrees of freedom as there are questions less one; NaN for one."""
    from scipy.special import stdtrit

    return float(stdtrit(questions - 1, 0.5 + LEVEL / 2)) if questions > 1 else np.nan
