"""The labelled rows as four graders judge them: `python -m benchmarks.grader.confusion [--rows] [--blind]`.

math-verify and ms-swift get each gold in the form that suits them best, boxed; bare, as data sets have it, they misread most.
With `--rows` every row on which ours and math-verify disagree is printed, by category; a `!` marks those where ours is wrong.
With `--blind` the rows are those of `blind/`, independently labelled.
"""

import logging
import sys
from collections import Counter

from benchmarks.grader.blind import rows as blind
from benchmarks.grader.labelled.rows import ROWS as OWN_ROWS
from benchmarks.grader.labelled.rows import Row
from benchmarks.grader.speed import math_verify, ms_swift, ours, trl

BLIND_ROWS = [
    Row(case.category, case.verdict == 1.0, case.gold, case.answer)
    for case in blind.CASES
    if isinstance(case.gold, str) and case.verdict is not None and blind.has_no_mark(case.gold)
]
ROWS = BLIND_ROWS if "--blind" in sys.argv else OWN_ROWS

NAMES = {
    "true right": (True, True),
    "true wrong": (False, False),
    "false right": (False, True),
    "false wrong": (True, False),
}


def judge(grader) -> list[bool]:
    """Whether a grader pays each row; None, an exception and 0 pay nothing."""
    verdicts = []
    for row in ROWS:
        try:
            verdicts.append(grader([f"\\boxed{{{row.answer}}}"], [f"\\boxed{{{row.gold}}}"])[0] == 1)
        except Exception:
            verdicts.append(False)
    return verdicts


def main() -> None:
    logging.disable()
    graders = {"ours": ours, "math-verify": math_verify, "ms-swift": ms_swift, "TRL": trl}
    paid = {name: judge(grader) for name, grader in graders.items()}
    print(f"{len(ROWS)} rows, {sum(row.equal for row in ROWS)} of them right\n")
    print(f"{'grader':<14}" + "".join(f"{name:>13}" for name in NAMES))
    for name, verdicts in paid.items():
        counts = Counter((row.equal, verdict) for row, verdict in zip(ROWS, verdicts, strict=True))
        print(f"{name:<14}" + "".join(f"{counts[cell]:>13}" for cell in NAMES.values()))
    pairs = list(zip(ROWS, paid["ours"], paid["math-verify"], strict=True))
    print(
        f"\nfalse right of ours that math-verify has not: {sum(mine and not row.equal and not its for row, mine, its in pairs)}"
    )
    differ = [(row, mine) for row, mine, its in pairs if mine != its]
    print(f"ours and math-verify disagree on {len(differ)}; by category, paid by ours and not by it / the reverse:")
    for category in dict.fromkeys(row.category for row in ROWS):
        kinds = Counter(mine for row, mine in differ if row.category == category)
        if kinds:
            print(f"  {category:<20}{kinds[True]:>4} /{kinds[False]:>4}")
    if "--rows" in sys.argv:
        for row, mine in differ:
            payer = "ours pays" if mine else "math-verify pays"
            mark = " " if mine == row.equal else "!"
            print(f"{mark} {row.category:<20} gold {row.gold!r:<45} answer {row.answer!r:<45} {payer}")


if __name__ == "__main__":
    main()
