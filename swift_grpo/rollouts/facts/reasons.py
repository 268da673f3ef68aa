"""Why completions earned their rewards, in the grader's words."""

import time
from collections.abc import Sequence

from swift_grpo.rollouts.reading.rollout_text import RolloutText

# Not a mathematics task, so the reason does not concern the completion.
_OF_THE_GOLD = ("gold unreadable", "gold over its budget")


class Reasons:
    """Asks the grader until its time is used up; later completions have no reason."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def of(self, texts: Sequence[RolloutText]) -> list[str | None]:
        """The grader's verdict on each completion ("right", "wrong", "no answer" ...); None without a readable gold."""
        from grpo_rewards.grading import judge_batch

        if self.left <= 0:
            return [None] * len(texts)
        began = time.monotonic()
        verdicts = judge_batch([text.completion for text in texts], [text.solution for text in texts])
        self.left -= time.monotonic() - began
        return [None if verdict.value in _OF_THE_GOLD else verdict.value for verdict in verdicts]
