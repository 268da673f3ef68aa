"""Rubrics of the rows, for a judge that marks by them."""

from collections.abc import Iterator

from grpo_rewards.judge_rubric import read

from swift_grpo.check.problem import Problem
from swift_grpo.check.rows import named, of_all
from swift_grpo.check.rule import found, rules
from swift_grpo.formats.command_line import Command

rules(
    *of_all("data/unreadable-rubrics", "{count} of {total} rubrics (`rubric`) of the dataset {name} cannot be read, the first in row"
            " {first} ({reason}): the reward {reward} pays nothing for these rows", 'write {{"criteria": [{{"name": "unit", "text": "names'
            ' the unit", "weight": 2}}]}} as text, or a line for each criterion, such as 2: names the unit',
            why="plugin/grpo_rewards/judge_rubric.py: None at every step"),
)  # fmt: skip


def check_rubrics(rows: list[dict], name: str, command: Command, judges: list[str]) -> Iterator[Problem]:
    """Values of the column `rubric` that the rewards `judges` cannot read."""
    faults: dict[int, str] = {}
    for number, row in enumerate(rows if judges else [], start=1):
        try:
            read(named(row, command.columns).get("rubric"))
        except ValueError as error:
            faults[number] = str(error)
    if faults:
        id = "data/unreadable-rubrics" if len(faults) == len(rows) else "data/some-unreadable-rubrics"
        first = min(faults)
        counts = {"count": len(faults), "total": len(rows), "first": first}
        yield found(id, **counts, name=name, reason=faults[first], reward=judges[0])
