"""Grades the answers of `swift infer` with the grader that training uses."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swift_grpo.stats import Estimate, estimate


@dataclass(frozen=True)
class Accuracy:
    """The share of right answers; each question counts the same.

    `ungraded`: answers whose gold cannot be read; `unanswered`: questions without an answer. Neither is in `estimate`.
    """

    estimate: Estimate
    correct: int
    ungraded: int = 0
    unanswered: int = 0

    @property
    def left_out(self) -> str:
        """One clause on what is left out, empty if every question counts."""
        counts = {"answers whose gold cannot be read": self.ungraded, "questions without an answer": self.unanswered}
        named = [f"{count} {what}" for what, count in counts.items() if count]
        return f"left out: {', '.join(named)}" if named else ""

    def __str__(self) -> str:
        return "; ".join(filter(None, [str(self.estimate), self.left_out]))


def accuracy(results: Path, questions: Path) -> Accuracy:
    """Accuracy of the responses in `results` (`swift infer --result_path`) against `solution` in `questions`.

    `swift infer` drops the column `solution`, so rows are matched by the user's message. A repeated question counts
    once. Raises ValueError for a response to a question that is not in `questions`, and if nothing can be graded.
    """
    from grpo_rewards.grading import grade_batch

    golds = {_question(row): row["solution"] for row in read_jsonl(questions, "messages", "solution")}
    rows = read_jsonl(results, "messages", "response")
    for row in rows:
        if _question(row) not in golds:
            raise ValueError(f"{results} answers a question that is not in {questions}: {_question(row)[:80]}")
    asked = [_question(row) for row in rows]
    verdicts = grade_batch([row["response"] for row in rows], [golds[question] for question in asked])
    return of_verdicts(asked, verdicts, unanswered=len(golds.keys() - set(asked)))


def of_verdicts(questions: Sequence[str], verdicts: Sequence[float | None], unanswered: int = 0) -> Accuracy:
    """Accuracy of answers, each with its question and verdict: 1, 0, or None where the gold cannot be read.

    >>> print(of_verdicts(["a", "b", "c", "d"], [1.0, 0.0, 1.0, None], unanswered=2))
    0.667 [0.208, 0.939] n=3; left out: 1 answers whose gold cannot be read, 2 questions without an answer
    """
    scores: dict[str, list[float]] = {}
    for question, verdict in zip(questions, verdicts, strict=True):
        if verdict is not None:
            scores.setdefault(question, []).append(verdict)
    graded = sum(map(len, scores.values()))
    return Accuracy(
        estimate(list(scores.values())), int(sum(map(sum, scores.values()))), len(verdicts) - graded, unanswered
    )


def read_jsonl(path: Path, *needed: str) -> list[dict[str, Any]]:
    """The rows of a JSONL file. Raises ValueError if a row lacks a `needed` column."""
    with path.open("rb") as file:  # bytes: U+2028 inside a string does not end a line
        rows = [json.loads(line) for line in file if line.strip()]
    for number, row in enumerate(rows, start=1):
        if missing := [name for name in needed if name not in row]:
            raise ValueError(f"{path}, row {number}: no column `{missing[0]}`")
    return rows


def _question(row: dict[str, Any]) -> str:
    return next(m["content"] for m in reversed(row["messages"]) if m["role"] == "user")
