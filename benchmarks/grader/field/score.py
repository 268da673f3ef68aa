"""Rows made after public bug reports, and how many of them are right: `python -m benchmarks.grader.field.score FILE [--rows]`.

A row is {kind, completion, gold, expected, contested}; `expected` is true, false or null (the gold cannot be read). Rows on
which sources disagree are `contested`: they are counted on a line of their own. `--rows` prints each row that is wrong,
`--kind TEXT` takes only the kinds that hold a text.
"""

import argparse
import json
import logging
from collections import defaultdict
from pathlib import Path

from grpo_rewards.grading import grade_batch

Judged = list[tuple[dict, float | None]]


def load(path: str | Path) -> list[dict]:
    lines = Path(path).read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]


def judged(rows: list[dict]) -> Judged:
    """Each row with what ours pays."""
    return list(zip(rows, grade_batch([r["completion"] for r in rows], [r["gold"] for r in rows]), strict=True))


def is_right(row: dict, paid: float | None) -> bool:
    return paid == (None if row["expected"] is None else float(row["expected"]))


def line(name: str, rows: Judged) -> str:
    """Rows, share right, paid wrongly, refused wrongly, None where a verdict was due."""
    wrong = [(row, paid) for row, paid in rows if not is_right(row, paid)]
    counts = [sum(paid == value for _, paid in wrong) for value in (1.0, 0.0, None)]
    share = 1 - len(wrong) / len(rows) if rows else 0.0
    return f"{name[:62]:<64}{len(rows):>5}{share:>8.3f}{counts[0]:>8}{counts[1]:>9}{counts[2]:>7}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--kind", default="")
    options = parser.parse_args()
    logging.getLogger("grpo_rewards").setLevel(logging.CRITICAL)
    rows = judged([row for row in load(options.file) if options.kind in row["kind"]])
    kinds: dict[str, Judged] = defaultdict(list)
    for row, paid in rows:
        kinds["contested" if row["contested"] else row["kind"]].append((row, paid))
    print(f"{'kind':<64}{'rows':>5}{'right':>8}{'paid':>8}{'refused':>9}{'None':>7}")
    for kind, of_kind in sorted(kinds.items()):
        print(line(kind, of_kind))
    print(line("all but contested", [pair for pair in rows if not pair[0]["contested"]]))
    for row, paid in rows if options.rows else []:
        if not row["contested"] and not is_right(row, paid):
            print(f"[{row['kind']}] {paid}, not {row['expected']}: {str(row['gold'])[:80]!r}")
            print(f"    {row['completion'][-200:]!r}")


if __name__ == "__main__":
    main()
