"""What `--external_plugins plugin/plugin.py` loads: registers the rewards of `grpo_rewards` under ms-swift's `orms`.

    swift rlhf --rlhf_type grpo --external_plugins plugin/plugin.py --reward_funcs math_accuracy r1_format ...

ms-swift logs a reward under its class name, so each class is named for its column: `rewards/AnswerAccuracy/mean`.
"""

import logging

from grpo_rewards.format import r1_format
from grpo_rewards.grading import grade
from swift.rewards import ORM, orms

logger = logging.getLogger(__name__)


class AnswerAccuracy(ORM):
    """1.0 if the final answer equals `solution`, 0.0 if not, None (left out) if the gold cannot be read."""

    def __call__(self, completions: list[str], solution: list[str], **kwargs) -> list[float | None]:
        return [self.one(completion, gold) for completion, gold in zip(completions, solution, strict=True)]

    def one(self, completion: str, gold: str) -> float | None:
        try:
            return grade(completion, gold)
        except Exception:  # an exception in a reward ends an ms-swift run; one completion is not worth a night
            logger.exception("cannot grade %r against %r", completion[-200:], gold)
            return None


class R1Format(ORM):
    """1.0 for `<think>…</think><answer>…</answer>` and nothing else, else 0.0."""

    def __call__(self, completions: list[str], **kwargs) -> list[float]:
        return [r1_format(completion) for completion in completions]


class R1FormatPrefilled(ORM):
    """R1Format for chat templates that write the first `<think>` into the prompt (DeepSeek-R1-Distill, QwQ)."""

    def __call__(self, completions: list[str], **kwargs) -> list[float]:
        return [r1_format(completion, think_opened=True) for completion in completions]


orms["math_accuracy"] = AnswerAccuracy
orms["r1_format"] = R1Format
orms["r1_format_prefilled"] = R1FormatPrefilled
