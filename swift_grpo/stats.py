"""The statistics of graded answers: intervals, pass@k and maj@n, and two models paired by question.

Each question is answered n times. Answers to one question are correlated, so errors are clustered by question (Miller,
arXiv 2411.00640; small samples: Bowyer et al., arXiv 2503.01747). The array functions take any leading shape, with one
value per question on the last axis, so that `benchmarks/evaluation/coverage.py` can simulate them.
docs/evidence/evaluation.md has the reasons.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, comb

import numpy as np

LEVEL = 0.95
Z = 1.959963984540054  # the normal quantile of 0.975


@dataclass(frozen=True)
class Estimate:
    """A mean over questions with the ends of its 95% interval; `samples` is the number of answers to all questions."""

    value: float
    low: float
    high: float
    questions: int
    samples: int

    def __str__(self) -> str:
        many = f" x {self.samples / self.questions:g}" if self.samples > self.questions else ""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] n={self.questions}{many}"


def estimate(scores: Sequence[Sequence[float]]) -> Estimate:
    """The mean score with its interval; `scores` has one sequence per question with one score per sample.

    Each question counts the same, however many samples it has; one without scores is ignored. Scores outside [0, 1] get
    a t interval. Raises ValueError if there is no score.

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
    """The same from one value per question, such as its pass@k. Raises ValueError if there is none."""
    if not len(values):
        raise ValueError("nothing could be graded")
    array = np.asarray(values, dtype=float)
    bounded = array.min() >= 0 and array.max() <= 1
    low, high = proportion(array, samples) if bounded else mean(array)
    return Estimate(float(array.mean()), float(low), float(high), len(array), samples)


def proportion(values: np.ndarray, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the mean of `values` in [0, 1], one per question; `samples`: answers in total.

    If every value is 0 or 1 (one sample each, or a vote), this is Wilson's score interval over the questions (Wilson
    1927). The same holds if all values are equal, since such data do not show how questions differ. Else it is the t
    interval of the logit of the mean m, with half a right and half a wrong answer added to m, and with the error from
    the delta method, s / (sqrt(Q) m (1 - m)).

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


def wilson(rate: np.ndarray | float, n: float, z: float = Z) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval, `z` standard deviations to each side, for a rate in `n` independent trials.

    >>> low, high = wilson(0.5, 10)
    >>> round(float(low), 3), round(float(high), 3)
    (0.237, 0.763)
    """
    rate = np.asarray(rate, dtype=float)
    middle = rate + z * z / (2 * n)
    half = z * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return np.where(rate == 0, 0.0, low), np.where(rate == 1, 1.0, high)


def mean(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the mean of values on any scale: Student's t over questions; infinite for a single question."""
    if values.shape[-1] < 2:
        return np.full(values.shape[:-1], -np.inf), np.full(values.shape[:-1], np.inf)
    half = t_quantile(values.shape[-1]) * _error(values)
    return values.mean(-1) - half, values.mean(-1) + half


def series_mean(values: Sequence[float]) -> Estimate:
    """The mean of values in order whose neighbours resemble one another, such as the steps of a training, with the 95%
    interval of `series`; within [0, 1] if the values are. Raises ValueError if there is none.

    >>> print(series_mean([0.5, 0.6, 0.5, 0.7, 0.6, 0.5, 0.6, 0.6]))
    0.575 [0.516, 0.634] n=8
    """
    if not len(values):
        raise ValueError("a mean needs values")
    array = np.asarray(values, dtype=float)
    low, high = map(float, series(array))
    if array.min() >= 0 and array.max() <= 1:
        low, high = max(low, 0.0), min(high, 1.0)
    return Estimate(float(array.mean()), low, high, len(array), len(array))


def series(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the mean of a series, steps on the last axis; infinite for a single step.

    n steps of AR(1) are worth m = n (1 - r) / (1 + r) independent ones. r is the correlation of neighbours, at least 0,
    with Kendall's correction of its bias (Biometrika 41:403, 1954); their variance is corrected for the mean's own. t
    has m - 1 degrees of freedom, 3 at least where there are that many steps: one alone would make an interval of short
    series absurd. Chosen by benchmarks/runs/coverage.py: holds the truth in 93 to 97% up to r = 0.3, and in 69% for 8
    steps with r = 0.9, of which nothing could tell more.
    """
    from scipy.special import stdtrit

    n = values.shape[-1]
    if n < 2:
        return mean(values)
    apart = values - values.mean(-1, keepdims=True)
    squares = (apart**2).sum(-1)
    r = (apart[..., 1:] * apart[..., :-1]).sum(-1) / np.where(squares, squares, 1)
    r = np.clip(r + (1 + 3 * r) / n, 0, 0.99)
    worth = np.maximum(n * (1 - r) / (1 + r), 2)
    half = stdtrit(np.clip(worth - 1, min(3, n - 1), n - 1), 0.5 + LEVEL / 2) * np.sqrt(squares / n / (worth - 1))
    return values.mean(-1) - half, values.mean(-1) + half


def noise(values: Sequence[float]) -> float:
    """The standard error of a series' mean without what changes slowly: from the differences of neighbours (von Neumann
    1941). 0 for a single value.

    >>> noise([0.1, 0.2, 0.3, 0.4]) < noise([0.1, 0.4, 0.2, 0.3])
    True
    """
    return float(np.sqrt((np.diff(values) ** 2).sum() / 2 / max(len(values) - 1, 1) / len(values)))


def _error(values: np.ndarray) -> np.ndarray:
    """The clustered standard error of the mean, valid for any correlation of a question's answers."""
    questions = values.shape[-1]
    return values.std(-1, ddof=1) / np.sqrt(questions) if questions > 1 else np.full(values.shape[:-1], np.nan)


def t_quantile(questions: int) -> float:
    """The 0.975 quantile of Student's t with `questions` - 1 degrees of freedom; NaN for one question."""
    from scipy.special import stdtrit

    return float(stdtrit(questions - 1, 0.5 + LEVEL / 2)) if questions > 1 else np.nan


def pass_at_k(n: int, correct: int, k: int) -> float:
    """The chance that at least one of `k` samples is right, drawn from `n` without replacement: unbiased pass@k.

    1 - C(n - correct, k) / C(n, k): Chen et al., arXiv 2107.03374, section 2.1; 1 - (1 - correct/n)^k would be too low.
    Raises ValueError unless 0 <= correct <= n and 1 <= k <= n.

    >>> pass_at_k(4, 1, 1), pass_at_k(4, 1, 2), pass_at_k(4, 0, 4), pass_at_k(64, 1, 64)
    (0.25, 0.5, 0.0, 1.0)
    """
    if not (0 <= correct <= n and 1 <= k <= n):
        raise ValueError(f"pass@{k} of {correct} right in {n} samples: needs 0 <= right <= n and 1 <= k <= n")
    return float(1 - Fraction(comb(n - correct, k), comb(n, k)))


def ks(n: int) -> list[int]:
    """The k to report for n samples: powers of two, and n.

    >>> ks(1), ks(8), ks(10)
    ([1], [1, 2, 4, 8], [1, 2, 4, 8, 10])
    """
    return sorted({2**i for i in range(n.bit_length())} | {n}) if n else []


def majority(classes: Sequence[int | None], right: Sequence[bool]) -> float:
    """maj@n of one question: 1 if the most frequent answer is right; for a tie, the share of right answers in it.

    `classes`: a number for each sample's answer, the same for equal answers, None for no answer, which has no vote
    (Wang et al., arXiv 2203.11171). `right`: each sample's verdict; the first sample's verdict counts for its class.

    >>> majority([0, 1, 1], [False, True, True]), majority([0, 1, None], [False, True, False]), majority([None], [False])
    (1.0, 0.5, 0.0)
    """
    votes = [one for one in classes if one is not None]
    if not votes:
        return 0.0
    most = max(map(votes.count, set(votes)))
    winners = [one for one in set(votes) if votes.count(one) == most]
    return sum(right[classes.index(one)] for one in winners) / len(winners)


Z_BOTH = Z + 0.841621  # normal quantiles: 0.975, for p < 0.05, and 0.8, the power


@dataclass(frozen=True)
class Difference:
    """Two models on the same questions; pairing removes the questions' differences in difficulty.

    `value` is b's mean minus a's, with its 95% interval and the two-sided p-value of no difference by `test`.

    `error` is its standard error. For `questions_needed`: `between` is the variance of the questions' true differences,
    `within` that of one answer to one question, a's and b's together. With one sample per question both are in
    `between` (`samples` is the least number of any question).
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
        """The true difference that such data show at p < 0.05 with a chance of 0.8."""
        return Z_BOTH * self.error

    def plan(self, points: float) -> dict[int, int]:
        """Samples per question -> questions that show a true difference of `points` of 100 with a chance of 0.8.

        Only for one sample per question if the data have only one, since noise and difference are then inseparable.
        """
        counts = (1, 4, 8, 16, 64) if self.samples > 1 else (1,)
        return {n: questions_needed(points / 100, n, self.between, self.within) for n in counts}

    def __str__(self) -> str:
        return f"{self.value:+.3f} [{self.low:+.3f}, {self.high:+.3f}] p={self.p:.2g} ({self.test}, n={self.questions})"


def difference(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]]) -> Difference:
    """b minus a; `a[i]` and `b[i]` are the scores of question i's samples, at least one each.

    With one sample of 0 or 1 on each side, p is from McNemar's exact test (McNemar 1947), else from t on the questions'
    differences. The interval is always from t. Raises ValueError for fewer than two questions.

    >>> print(difference([[0], [0], [0], [0], [0], [0], [1], [1]], [[1], [1], [1], [1], [1], [1], [1], [1]]))
    +0.750 [+0.159, +1.000] p=0.031 (exact McNemar, n=8)
    """
    if len(a) != len(b) or len(a) < 2:
        raise ValueError(f"{len(a)} and {len(b)} questions cannot be compared: both need the same number, at least two")
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

    Two differences of one sample, one each way, are added to the variance (after Bonett and Price 2012, for n = 1),
    because equal results for all questions do not make a difference certain. From 30 x 8 samples it hardly matters.

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


def questions_needed(gain: float, samples: int, between: float, within: float) -> int:
    """Questions that show a true difference of `gain` (0.03 is three points) with a chance of 0.8, at p < 0.05.

    (z_0.975 + z_0.8)^2 (between + within / samples) / gain^2, with `samples` of each question from each model: Miller,
    arXiv 2411.00640, equation 9. Raises ValueError for a difference that is not positive.

    >>> questions_needed(0.03, 1, 0.01, 0.25), questions_needed(0.03, 8, 0.01, 0.25)
    (2268, 360)
    """
    if not gain > 0:
        raise ValueError(f"a difference of {gain:g} cannot be detected: it must be above 0")
    return max(2, ceil(Z_BOTH**2 * (between + within / samples) / gain**2))


def _mcnemar(gained: int, lost: int) -> float:
    from scipy.stats import binomtest

    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def _variance(scores: Sequence[float]) -> float:
    """The unbiased variance of one answer to a question; 0 for a single sample, which does not show it."""
    return float(np.var(scores, ddof=1)) if len(scores) > 1 else 0.0
