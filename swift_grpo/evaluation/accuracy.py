"""Grades what `swift infer` generated, with the grader that training is rewarded by."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Accuracy:
    """`correct` of `n` answers, and the ends of the 95% interval; `ungraded` golds could not be read and count in no number."""

    correct: int
    n: int
    low: float
    high: float
    ungraded: int = 0

    @property
    def rate(self) -> float:
        return self.correct / self.n

    def __str__(self) -> str:
        return f"{self.rate:.3f} [{self.low:.3f}, {self.high:.3f}] n={self.n}"


def accuracy(results: Path, questions: Path) -> Accuracy:
    """Accuracy of the responses in `results` (`swift infer --result_path`) against `solution` in `questions`.

    `swift infer` drops the column `solution`, so rows are matched by the user's message. Raises ValueError for a response
    whose question is not in `questions`, and when nothing can be graded.
    """
    from grpo_rewards.grading import grade_batch

    golds = {_question(row): row["solution"] for row in read_jsonl(questions)}
    rows = read_jsonl(results)
    for row in rows:
        if _question(row) not in golds:
            raise ValueError(f"{results} answers a question that {questions} does not hold: {_question(row)[:80]}")
    verdicts = grade_batch([row["response"] for row in rows], [golds[_question(row)] for row in rows])
    graded = [v for v in verdicts if v is not None]
    return interval(int(sum(graded)), len(graded), ungraded=len(verdicts) - len(graded))


def interval(correct: int, n: int, ungraded: int = 0) -> Accuracy:
    """The Wilson score interval at 95% (Wilson 1927); unlike the normal one it holds near 0 and 1.

    >>> print(interval(5, 10))
    0.500 [0.237, 0.763] n=10
    """
    if n == 0:
        raise ValueError("nothing could be graded")
    from scipy.stats import binomtest

    bounds = binomtest(correct, n).proportion_ci(confidence_level=0.95, method="wilson")
    return Accuracy(correct, n, float(bounds.low), float(bounds.high), ungraded)


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    with path.open("rb") as file:  # bytes: U+2028 inside a string is no end of line
        return [json.loads(line) for line in file if line.strip()]


def _question(row: dict[str, Any]) -> str:
    return next(m["content"] for m in reversed(row["messages"]) if m["role"] == "user")
