r"""Reads `open.tsv`: golds, answers as they stand in `\\boxed{}`, and whether they are equal, judged by hand.

A verdict follows mathematics, and where sources disagree the conventions in `grpo_rewards.answers.comparison`.
"""

from pathlib import Path
from typing import NamedTuple


class Row(NamedTuple):
    category: str
    equal: bool
    gold: str
    answer: str


def _read() -> list[Row]:
    lines = (Path(__file__).parent / "open.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [
        Row(category, equal == "1", gold, answer)
        for category, equal, gold, answer in (line.split("\t") for line in lines)
    ]


ROWS = _read()
CATEGORIES = list(dict.fromkeys(row.category for row in ROWS))
GOLDS = list(dict.fromkeys(row.gold for row in ROWS))
