"""1,024 rows for eleven known causes of wrong verdicts, and how many of them are right.

`python -m benchmarks.grader.causes.score [--held-out] [--rows] [--peer]`

`open.jsonl` and `held_out.jsonl` (a fifth of each cause, drawn by a hash of the id) were written and labelled by
somebody who had not seen the grader, from a description of the causes. The second one is `--held-out`.
`--rows` prints each row that is wrong (never of the held-out part); `--peer` scores math-verify beside ours.

A row is {id, cause, completion, gold, expect, why} and, where it is not about `grade`, `task`: "format" (`r1_format`), "column"
(a gold of any Python type, as an expression).
"""

import json
import logging
import sys
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from grpo_rewards.format import r1_format
from grpo_rewards.grading import grade_batch

CAUSES = {
    1: "history, hard golds",
    2: "budgets, unreadable golds",
    3: "sentences",
    4: "names",
    5: "choices",
    6: "units",
    7: "numbers",
    8: "words and lists",
    9: "what math-verify gets",
    10: "format",
    11: "contract",
}


def load(held_out: bool = False) -> list[dict]:
    """The rows, each with its gold as an object."""
    path = Path(__file__).parent / ("held_out.jsonl" if held_out else "open.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    return [row | {"gold": _gold(row)} for row in rows]


def _gold(row: dict) -> Any:
    if "gold_python" not in row:
        return row.get("gold")
    import numpy as np
    import sympy

    names = {"np": np, "Decimal": Decimal, "Fraction": Fraction, "sympy": sympy}
    return eval(row["gold_python"], names)  # our own test data


def verdicts(rows: list[dict]) -> list[float | None]:
    """What ours says of each row."""
    paid: list[float | None] = [None] * len(rows)
    graded = [at for at, row in enumerate(rows) if row.get("task") != "format"]
    results = grade_batch([rows[at]["completion"] for at in graded], [rows[at]["gold"] for at in graded])
    for at, result in zip(graded, results, strict=True):
        paid[at] = result
    for at, row in enumerate(rows):
        if row.get("task") == "format":
            paid[at] = r1_format(row["completion"])
    return paid


def is_right(row: dict, verdict: float | None) -> bool:
    """Whether a verdict is the label's; `expect_not` asks only that an answer is neither paid nor counted as wrong."""
    if "expect_not" in row:
        return verdict is None or verdict != row["expect_not"]
    return verdict == row["expect"]


def peer(rows: list[dict]) -> list[float | None]:
    """math-verify's verdicts on the rows of `grade`, each gold boxed; None for the others."""
    from benchmarks.grader.speed import math_verify

    return [
        float(math_verify([row["completion"]], [f"\\boxed{{{row['gold']}}}"])[0] or 0)
        if row.get("task", "grade") == "grade" and isinstance(row["gold"], str)
        else None
        for row in rows
    ]


def main() -> None:
    if "--held-out" in sys.argv:  # the grader's log quotes what it gives up on
        logging.getLogger("grpo_rewards").setLevel(logging.CRITICAL)
    rows = load("--held-out" in sys.argv)
    found = (peer if "--peer" in sys.argv else verdicts)(rows)
    table: dict[int, list[tuple[dict, float | None]]] = defaultdict(list)
    for row, verdict in zip(rows, found, strict=True):
        table[row["cause"]].append((row, verdict))
    print(f"{'cause':<32}{'rows':>6}{'right':>8}{'paid wrongly':>14}{'refused wrongly':>17}{'not None':>10}")
    for cause, judged in sorted(table.items()):
        _line(f"{cause}. {CAUSES[cause]}", judged)
    _line("all", [pair for judged in table.values() for pair in judged])
    if "--rows" in sys.argv and "--held-out" not in sys.argv:
        for row, verdict in (pair for judged in table.values() for pair in judged):
            if not is_right(row, verdict):
                print(f"{row['id']} is {verdict}, not {row['expect']}: {str(row['gold'])[:80]!r}")
                print(f"    {row['completion'][-160:]!r}\n    {row['why'][:150]}")


def _line(name: str, judged: list[tuple[dict, float | None]]) -> None:
    wrong = [(row, verdict) for row, verdict in judged if not is_right(row, verdict)]
    paid = sum(verdict == 1 for _, verdict in wrong)
    refused = sum(row["expect"] == 1 for row, _ in wrong)
    share = (len(judged) - len(wrong)) / len(judged)
    print(f"{name:<32}{len(judged):>6}{share:>8.3f}{paid:>14}{refused:>17}{len(wrong) - paid - refused:>10}")


if __name__ == "__main__":
    main()
