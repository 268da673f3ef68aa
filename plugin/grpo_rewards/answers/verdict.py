"""The grader's verdict on an answer, with the reason."""

import enum


class Verdict(enum.Enum):
    """Why an answer earns 1 or 0, or is left out because the gold or the grader is at fault."""

    RIGHT = "right"
    WRONG = "wrong"
    NO_ANSWER = "no answer"
    SEVERAL_ANSWERS = "several answers"
    TOO_LONG = "answer too long"
    ANSWER_OVER_BUDGET = "answer over its budget"
    GOLD_UNREADABLE = "gold unreadable"
    GOLD_OVER_BUDGET = "gold over its budget"
    WORKER_FAILED = "worker failed"

    @property
    def paid(self) -> float | None:
        """1.0, 0.0, or None for left out.

        >>> Verdict.RIGHT.paid, Verdict.TOO_LONG.paid, Verdict.GOLD_UNREADABLE.paid
        (1.0, 0.0, None)
        """
        return 1.0 if self is Verdict.RIGHT else None if self in LEFT_OUT else 0.0


LEFT_OUT = frozenset((Verdict.GOLD_UNREADABLE, Verdict.GOLD_OVER_BUDGET, Verdict.WORKER_FAILED))
