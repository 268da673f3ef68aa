"""What a reward needs from the gold, the row and the prompt, as a table."""

from functools import cache

_R1, _XML = ("<think>", "<answer>"), ("<reasoning>", "<answer>")
MENTIONS: dict[str, tuple[str, ...]] = {  # what the prompt has to mention, or the model rarely writes it
    "r1_format": _R1,
    "r1_format_prefilled": ("<answer>",),
    "graded_format": _R1,
    "tag_count": _R1,
    "think_format": ("<think>",),
    "boxed_format": ("<think>", "\\boxed"),
    "xml_strict": _XML,
    "xml_soft": _XML,
    "xml_count": _XML,
    "xml_correctness": ("<answer>",),
    "xml_integer": ("<answer>",),
    "code_format": ("```python",),
}
GRADED = frozenset(  # rewards whose value is None, or wrong, without a gold that the grader reads
    ("math_accuracy", "math_accuracy_prefilled", "reasoning_accuracy", "math_cosine", "xml_correctness", "kimi_length")
)
INTEGERS = frozenset(("integer_modulo", "xml_integer"))


def prompt_for(reward: str) -> str:
    """The file of prompts/, without its ending, that asks for what a reward pays for."""
    if reward.startswith("code_"):
        return "r1_code"
    return "xml" if reward.startswith("xml") else "r1_boxed_modulo" if reward == "boxed_format" else "r1"


def needs(reward: str) -> list[str]:
    """The columns a reward reads. Raises ValueError for an unknown reward."""
    known = _registered()
    if reward not in known:
        raise ValueError(f"there is no reward {reward}; there are {', '.join(sorted(known))}")
    return known[reward]


@cache
def _registered() -> dict[str, list[str]]:
    from grpo_rewards import catalogue  # noqa: F401  (registers them)
    from grpo_rewards.contract import REGISTRY

    return {name: reward.needs for name, reward in REGISTRY.items()}
