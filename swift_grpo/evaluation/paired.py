"""Two models on the same questions: the difference, how sure it is, and how much it would take to be surer.

Pairing takes out what questions differ in difficulty, which is most of what an unpaired comparison is unsure of.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swift_grpo.stats import t_quantile


@dataclass(frozen=True)
class Difference:
    """`value` is b's mean less a's, with its 95% interval and the two-sided p-value of no difference by `test`.

    `error` is its standard error. `between` is the variance of the questions' true differences, `within` that of one answer to
    one question, a's and b's together, which `questions_needed` plans with; with one sample a question (`samples` the least
    number of any) both are in `between`.
    """

    value: float
    low: float
    high: float
    p: float
    test: str
    questions: int
    samples: int
    error: float
    between: float
    within: float

    @property
    def visible(self) -> float:
        """The true difference that data like these would show, at p < 0.05, four times of five."""
        return _Z_BOTH * self.error

    def plan(self, points: float) -> dict[int, int]:
        """Questions that show a true difference of `points` of 100 four times of five, by samples a question.

        For other numbers of samples than one only where the questions had several: else noise and difference are one.
        """
        counts = (1, 4, 8, 16, 64) if self.samples > 1 else (1,)
        return {n: questions_needed(points / 100, n, self.between, self.within) for n in counts}

    def __str__(self) -> str:
        return f"{self.value:+.3f} [{self.low:+.3f}, {self.high:+.3f}] p={self.p:.2g} ({self.test}, n={self.questions})"


def difference(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]]) -> Difference:
    """b less a; `a[i]` and `b[i]` are the scores of question i's samples, at least one each.

    One sample of 0 or 1 on each side: p by McNemar's exact test (McNemar 1947). Else by t on the questions' differences. The
    interval is always of the latter kind. Raises ValueError for fewer than two questions.

    >>> print(difference([[0], [0], [0], [0], [0], [0], [1], [1]], [[1], [1], [1], [1], [1], [1], [1], [1]]))
    +0.750 [+0.159, +1.000] p=0.031 (exact McNemar, n=8)
    """
    if len(a) != len(b) or len(a) < 2:
        raise ValueError(f"{len(a)} and {len(b)} questions cannot be compared: there must be as many, and two at least")
    samples = min(map(len, (*a, *b)))
    gains = np.array([np.mean(y) - np.mean(x) for x, y in zip(a, b, strict=True)])
    error, by_t = t_test(gains, samples)
    value, half = float(gains.mean()), float(error * t_quantile(len(gains)))
    scores = {float(score) for side in (a, b) for one in side for score in one}
    binary, p, test = scores <= {0.0, 1.0}, float(by_t), "t on questions"
    if binary and max(map(len, (*a, *b))) == 1:
        p, test = _mcnemar(int((gains > 0).sum()), int((gains < 0).sum())), "exact McNemar"
    reach = 1.0 if min(scores) >= 0 and max(scores) <= 1 else np.inf
    low, high = max(value - half, -reach), min(value + half, reach)
    within = float(np.mean([_variance(x) + _variance(y) for x, y in zip(a, b, strict=True)]))
    noise = np.mean([_variance(x) / len(x) + _variance(y) / len(y) for x, y in zip(a, b, strict=True)])
    between = max(0.0, float(gains.var(ddof=1) - noise))
    return Difference(value, low, high, p, test, len(gains), samples, float(error), between, within)


def t_test(gains: np.ndarray, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """The standard error of the mean of `gains` (questions on the last axis), and the two-sided p-value of no gain.

    Two differences are added to the variance, of one sample each way (after Bonett and Price 2012, for n = 1): questions that
    all come out the same do not make a difference certain. From 30 questions with 8 samples on it changes little.

    >>> error, p = t_test(np.zeros(100), 1)
    >>> round(float(error), 4), float(p)
    (0.0142, 1.0)
    """
    from scipy.special import stdtr

    questions = gains.shape[-1]
    mean = gains.mean(-1)
    squares = ((gains - mean[..., None]) ** 2).sum(-1) + 2 / samples**2
    error = np.sqrt(squares / (questions - 1) / questions)
    return error, 2 * stdtr(questions - 1, -np.abs(mean) / error)


_Z_BOTH = 1.959964 + 0.841621  # normal quantiles: of 0.975, for p < 0.05, and of 0.8, the chance to see what is there


def questions_needed(gain: float, samples: int, between: float, within: float) -> int:
    """Questions that show a true difference of `gain` (0.03 is three points) with a chance of 0.8, at p < 0.05.

    (z_0.975 + z_0.8)^2 (between + within / samples) / gain^2, with `samples` of each question from each model: Miller,
    arXiv 2411.00640, equation 9. Raises ValueError for a difference that is not positive.

    >>> questions_needed(0.03, 1, 0.01, 0.25), questions_needed(0.03, 8, 0.01, 0.25)
    (2268, 360)
    """
    from math import ceil

    if not gain > 0:
        raise ValueError(f"a difference of {gain:g} cannot be seen: it must be above 0")
    return max(2, ceil(_Z_BOTH**2 * (between + within / samples) / gain**2))


def _mcnemar(gained: int, lost: int) -> float:
    from scipy.stats import binomtest

    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def _variance(scores: Sequence[float]) -> float:
    """Of one answer to a question, unbiased; from one sample, that of a coin with the score's rate is not known: 0."""
    return float(np.var(scores, ddof=1)) if len(scores) > 1 else 0.0
