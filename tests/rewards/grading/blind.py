r"""The labelled pairs of `labelled.txt`, whose head describes the format."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

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


def labelled() -> list[Case]:
    """All rows of `labelled.txt`, in its order."""
    cases, category, one_way = [], "", False
    for line in (Path(__file__).parent / "labelled.txt").read_text().splitlines():
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


def real_golds(name: str) -> list[str]:
    """The golds of a real data set (`gsm8k_test`, `math500_test`, …); skips the test where the set is not at hand."""

    folder = Path(os.environ.get("SWIFT_GRPO_DATA", ROOT.parent / "shared/data"))
    path = folder / f"{name}.jsonl"
    if not path.exists():
        pytest.skip(f"no {path}: set SWIFT_GRPO_DATA to the folder of the data sets")
    rows = map(json.loads, path.read_bytes().splitlines())
    return [str(row["answer"]).rpartition("####")[2].strip() for row in rows]
