"""Which rewards of a recipe a row can earn."""

from collections.abc import Iterator, Sequence

from grpo_rewards.columns import GIVEN_IN_TRAINING

from swift_grpo.check.reward_needs import GRADED, INTEGERS, MENTIONS, needs
from swift_grpo.data.gold_kinds import kind
from swift_grpo.formats.row_files import Row
from swift_grpo.formats.rows import prompt_of


def misfits(row: Row, rewards: Sequence[str], system: str, readable: bool) -> Iterator[tuple[str, str]]:
    """(reward, reason) for each reward that this row cannot earn. `system` is the recipe's; a row's own replaces it.

    >>> row = {"query": "1+1?", "solution": "\\\\frac{1"}
    >>> list(misfits(row, ["math_accuracy", "r1_format"], "", readable=False))
    [('math_accuracy', 'the grader cannot read the gold'), ('r1_format', 'the prompt does not mention <think>, <answer>')]
    """
    prompt = prompt_of(row) or []
    own = any(turn["role"] == "system" for turn in prompt)
    text = "".join([*(turn["content"] for turn in prompt), "" if own else system])
    for reward in rewards:
        missing = [tag for tag in MENTIONS.get(reward, ()) if tag not in text]
        columns = [name for name in needs(reward) if name not in GIVEN_IN_TRAINING and row.get(name) in (None, "")]
        if columns:
            yield reward, f"no `{columns[0]}`"
        elif reward in GRADED and not readable:
            yield reward, "the grader cannot read the gold"
        elif reward in INTEGERS and kind(row.get("solution")) != "integer":
            yield reward, "the gold is not an integer"
        elif missing:
            yield reward, f"the prompt does not mention {', '.join(missing)}"
