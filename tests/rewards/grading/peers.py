r"""The other graders, each as its users call it: `grader(completions, golds)` gives 1.0, 0.0 or None for each pair.

ms-swift 4.6.0 `MathAccuracy`, TRL 0.29.1 `accuracy_reward` and math-verify 0.9 (`verify(parse(gold), parse(completion))`).
"""

import contextlib
import io
import logging
from collections.abc import Callable, Sequence

Verdict = float | None
Grader = Callable[[Sequence[str], Sequence[str]], list[Verdict]]


def math_verify(completions: Sequence[str], golds: Sequence[str]) -> list[Verdict]:
    from math_verify import parse, verify

    verdicts: list[Verdict] = []
    for completion, gold in zip(completions, golds, strict=True):
        parsed = parse(gold)
        verdicts.append(float(verify(parsed, parse(completion))) if parsed else None)
    return verdicts


def trl(completions: Sequence[str], golds: Sequence[str]) -> list[Verdict]:
    from trl.rewards import accuracy_reward

    return accuracy_reward([[{"role": "assistant", "content": completion}] for completion in completions], list(golds))


def ms_swift(completions: Sequence[str], golds: Sequence[str]) -> list[Verdict]:
    """It gives 0.0 where it cannot read the gold."""
    from swift.rewards import orms

    with contextlib.redirect_stdout(io.StringIO()):  # it prints what it cannot compare
        return orms["accuracy"]()(list(completions), list(golds))


def ours(completions: Sequence[str], golds: Sequence[str]) -> list[Verdict]:
    from grpo_rewards.grading import grade_batch

    return grade_batch(completions, golds)


def quiet() -> None:
    """Stops the warnings that the graders log of every text they cannot read."""
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    logging.getLogger("latex2sympy2_extended").setLevel(logging.CRITICAL)
