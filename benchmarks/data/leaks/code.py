"""Each question of HumanEval and MBPP, planted in other words around it: how many of them `data decontaminate` finds.

`python -m benchmarks.data.leaks.code` reads HumanEval.jsonl.gz and mbpp.jsonl from ../shared/data or SWIFT_GRPO_DATA. The
last two rows are how many questions of one set are taken for one of the other set.
"""

import ast
import re
from collections.abc import Callable

from swift_grpo.data import code_sets
from swift_grpo.data.overlap import Index
from swift_grpo.formats.rows import read_rows
from tests.conftest import DATA


def _docstring(row: dict) -> str:
    tree = ast.parse(f"{row['prompt']}\n    pass")
    named = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == row["entry_point"]]
    return ast.get_docstring(named[0]) or ""


def _prose(row: dict) -> str:
    """The docstring up to its examples, cut by another rule than the tool's."""
    return re.split(r">>>|\n\s*(?:Examples?|For example|e\.g\.|Note)\b|\n\s*\n\s*\w+\(", _docstring(row))[0]


PLANTS: dict[str, Callable[[dict], str]] = {
    "the prompt": lambda row: row["prompt"],
    "the function renamed": lambda row: re.sub(rf"\b{row['entry_point']}\b", "solution", row["prompt"]),
    "the docstring alone": _docstring,
    "its sentences alone": _prose,
}


def _around(text: str) -> str:
    return f"Write a Python program for this task. Reason first.\n\n{text}\n\nReturn only code, and test it yourself."


def _asked(row: dict) -> str:
    return str(code_sets.standard(row)["messages"][0]["content"])


def main() -> None:
    human, mbpp = (list(read_rows(DATA / name)) for name in ("HumanEval.jsonl.gz", "mbpp.jsonl"))
    by_human, by_mbpp = (Index({"": [code_sets.stated(row) or "" for row in rows]}) for rows in (human, mbpp))

    def said(what: str, index: Index, texts: list[str]) -> None:
        found = sum(number in {hit.row for hit in index.hits(text)} for number, text in enumerate(texts, start=1))
        print(f"{what:<45}{found:>5} of {len(texts)}")

    said("HumanEval, as `prepare` asks", by_human, [_asked(row) for row in human])
    for what, plant in PLANTS.items():
        said(f"HumanEval, {what}", by_human, [_around(plant(row)) for row in human])
    said("MBPP, as `prepare` asks", by_mbpp, [_asked(row) for row in mbpp])
    said("MBPP, the text", by_mbpp, [_around(row["text"]) for row in mbpp])
    for what, index, rows in (
        ("MBPP's, taken for HumanEval's", by_human, mbpp),
        ("HumanEval's, for MBPP's", by_mbpp, human),
    ):
        print(f"{what:<45}{sum(bool(index.hits(_asked(row))) for row in rows):>5} of {len(rows)}")


if __name__ == "__main__":
    main()
