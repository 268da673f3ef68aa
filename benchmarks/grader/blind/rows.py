"""Reads `open.txt`: labelled pairs written by a hand that had no part in the grader; its head describes the format.

`open.tsv` was written beside the grader, so it can only say that the two agree; these rows can say that it is wrong.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MARK = re.compile(r"  (==|!=|\?\?)  ?")
_VERDICTS = {"==": 1.0, "!=": 0.0, "??": None}


@dataclass(frozen=True)
class Case:
    """A gold, the text in the completion's box, and the verdict: 1.0, 0.0 or None (the gold cannot be read)."""

    gold: Any
    answer: str
    verdict: float | None
    category: str
    one_way: bool

    @property
    def completion(self) -> str:
        return f"\\boxed{{{self.answer}}}"


def parse(text: str) -> list[Case]:
    """The rows of a text in the format of `open.txt`."""
    cases, category, one_way = [], "", False
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if heading := re.fullmatch(r"\[([\w -]+)(, one way)?\]", line):
            category, one_way = heading[1], bool(heading[2])
            continue
        gold, *rest = _MARK.split(line)
        gold = json.loads(gold.removeprefix("json:")) if gold.startswith("json:") else gold
        for mark, answer in zip(rest[::2], rest[1::2], strict=True):
            cases.append(Case(gold, answer.strip(), _VERDICTS[mark], category, one_way))
    return cases


CASES = parse((Path(__file__).parent / "open.txt").read_text(encoding="utf-8"))


def has_no_mark(gold: Any) -> bool:
    """Whether a gold is bare text, which a box may hold, and not a solution that marks its answer."""
    return isinstance(gold, str) and not any(mark in gold for mark in ("boxed", "####", "</think>"))
