"""Which rewards of a recipe a row can earn: what a reward asks of the gold and of the prompt, as a table."""

from collections.abc import Iterator, Sequence

from swift_grpo.data.file_formats import Row
from swift_grpo.data.gold_kinds import kind
from swift_grpo.data.rows import prompt_of

_R1, _XML = ("<think>", "<answer>"), ("<reasoning>", "<answer>")
MENTIONS: dict[str, tuple[str, ...]] = {  # what the prompt has to speak of, or the model will hardly write it
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
}
GRADED = frozenset(  # rewards whose value is None, or wrong, without a gold that the grader reads
    ("math_accuracy", "math_accuracy_prefilled", "reasoning_accuracy", "math_cosine", "xml_correctness", "kimi_length")
)
INTEGERS = frozenset(("integer_modulo", "xml_integer"))
_FROM_TRAINING = {"messages", "response_token_ids"}


def misfits(row: Row, rewards: Sequence[str], system: str, readable: bool) -> Iterator[tuple[str, str]]:
    """(reward, why) for each reward that this row cannot earn. `system` is the recipe's, which a row's own replaces.

    >>> row = {"query": "1+1?", "solution": "\\\\frac{1"}
    >>> list(misfits(row, ["math_accuracy", "r1_format"], "", readable=False))
    [('math_accuracy', 'the grader cannot read the gold'), ('r1_format', 'the prompt does not speak of <think>, <answer>')]
    """
    prompt = prompt_of(row) or []
    own = any(turn["role"] == "system" for turn in prompt)
    text = "".join([*(turn["content"] for turn in prompt), "" if own else system])
    for reward in rewards:
        missing = [tag for tag in MENTIONS.get(reward, ()) if tag not in text]
        columns = [name for name in needs(reward) if name not in _FROM_TRAINING and row.get(name) in (None, "")]
        if columns:
            yield reward, f"no `{columns[0]}`"
        elif reward in GRADED and not readable:
            yield reward, "the grader cannot read the gold"
        elif reward in INTEGERS and kind(row.get("solution")) != "integer":
            yield reward, "the gold is no integer"
        elif missing:
            yield reward, f"the prompt does not speak of {', '.join(missing)}"


def needs(reward: str) -> list[str]:
    """The columns a reward reads. Raises ValueError for a reward there is not."""
    known = _registered()
    if reward not in known:
        raise ValueError(f"there is no reward {reward}; there are {', '.join(sorted(known))}")
    return known[reward]


def _registered() -> dict[str, list[str]]:
    if not _NEEDS:
        from grpo_rewards import catalogue  # noqa: F401  (registers them)
        from grpo_rewards.contract import REGISTRY

        _NEEDS.update({name: reward.needs for name, reward in REGISTRY.items()})
    return _NEEDS


_NEEDS: dict[str, list[str]] = {}
