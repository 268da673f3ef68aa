r"""Ours beside the other graders on the labelled answers: `python -m tests.rewards.grading.confusion [--list FILE]`.

Prints a confusion table, golds bare as they stand in data sets and boxed (`\boxed{gold}`, which helps the others), and
writes every row where ours disagrees with math-verify. Ends with status 1 where ours pays for a wrong answer that
math-verify does not pay for.
"""

import argparse
import sys
from pathlib import Path

from tests.rewards.grading import peers
from tests.rewards.grading.cases import Case, labelled

REASONS = {
    "aime": "a leading zero, or a sum named on the left",
    "base": "math-verify drops the base; a base is part of the value",
    "choice": "a letter with brackets, a full stop or text is one choice, and its case counts",
    "clock": "math-verify reads a time of day as a ratio or a number",
    "close but wrong": "math-verify rounds both sides; an exact value is not its approximation",
    "complex": "math-verify does not evaluate e^{iπ} and roots of negative numbers",
    "currency": "math-verify drops the currency",
    "decimal": "a rounded decimal equals an exact value only where the gold is the decimal",
    "decoration": "colour, boxes and text around an answer are no part of it",
    "degree": "math-verify drops units and percent",
    "equation": "a named left side only names; an equation is the same times a constant",
    "expression": "math-verify drops the case of letters or reads plain-text functions as letters",
    "form of the gold": "math-verify does not take the last answer of a worked solution",
    "fraction": "\\frac12 and the like, which math-verify reads only with malformed operators on",
    "function of numbers": "math-verify does not evaluate the function",
    "gsm8k": "a unit, a currency or grouped digits after the number",
    "hedge": "an answer that leaves a choice, or states what is false, is wrong",
    "integer": "math-verify finds a number inside other text",
    "integer constant": "kπ and nπ name the same integers",
    "interval": "an inequality and its interval are one answer, and their ends count",
    "list": "a list has no order, a tuple has; `…` is no end",
    "math500": "bare LaTeX golds, which math-verify misreads",
    "matrix": "a column is a tuple",
    "mixed number": "1 1/2 is one and a half",
    "nothing exists": "synonyms",
    "percent": "5% is 5 and 0.05",
    "radical and constant": "plain-text functions and constants; bare LaTeX golds",
    "ratio": "math-verify divides a ratio",
    "repeating decimal": "math-verify ignores the bar",
    "scientific": "2.5e3 and its kin",
    "set": "a set is no tuple",
    "several golds": "each of the golds is accepted",
    "thousands": "grouped digits are one number, (1,234) is a pair",
    "tiny": "math-verify compares with an absolute tolerance",
    "tuple": "a tuple has an order and is no set",
    "unit": "math-verify drops units; a different unit is wrong, a convertible one is converted",
    "unread latex": "math-verify falls back to a number inside LaTeX it cannot read",
    "unreadable gold": "None where the gold cannot be read",
    "words": "words are compared as words",
}


def texts(case: Case) -> list[str]:
    """The golds of a case as the others take them: texts."""
    golds = case.gold if isinstance(case.gold, list) else [case.gold]
    return ["" if gold is None else str(gold) for gold in golds] or [""]


def as_boxed(gold: str) -> str:
    return gold if "\\boxed" in gold or "####" in gold or "<answer>" in gold else f"\\boxed{{{gold}}}"


def verdicts_of(grader: peers.Grader, cases: list[Case], boxed: bool) -> list[float | None]:
    """A case with several golds earns the best of their verdicts."""
    rows = [(number, gold) for number, case in enumerate(cases) for gold in texts(case)]
    golds = [as_boxed(gold) if boxed else gold for _, gold in rows]
    best: list[float | None] = [None] * len(cases)
    for (number, _), verdict in zip(rows, grader([cases[n].completion for n, _ in rows], golds), strict=True):
        if verdict is not None:
            best[number] = max(verdict, best[number] or 0.0)
    return best


def confusion(cases: list[Case], verdicts: list[float | None]) -> dict[str, int]:
    pairs = list(zip((case.verdict for case in cases), verdicts, strict=True))
    return {
        "right: paid": pairs.count((1.0, 1.0)),
        "right: 0": pairs.count((1.0, 0.0)),
        "right: None": pairs.count((1.0, None)),
        "wrong: 0": pairs.count((0.0, 0.0)),
        "wrong: None": pairs.count((0.0, None)),
        "wrong: paid": pairs.count((0.0, 1.0)),
        "unreadable: None": pairs.count((None, None)),
        "unreadable: 0": pairs.count((None, 0.0)),
        "unreadable: paid": pairs.count((None, 1.0)),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", type=Path, help="file for the rows where ours disagrees with math-verify")
    options = parser.parse_args(arguments)
    peers.quiet()
    cases = labelled()
    ours = peers.ours([case.completion for case in cases], [case.gold for case in cases])
    graders = {"ours": ours}
    for name, grader in (("math-verify", peers.math_verify), ("ms-swift", peers.ms_swift), ("TRL", peers.trl)):
        for boxed in (False, True):
            graders[f"{name}, gold {'boxed' if boxed else 'bare'}"] = verdicts_of(grader, cases, boxed)
    for number, (name, verdicts) in enumerate(graders.items()):
        table = confusion(cases, verdicts)
        if number == 0:
            print(f"{len(cases)} rows\n| grader | {' | '.join(table)} |\n|---|{'---:|' * len(table)}")
        print(f"| {name} | {' | '.join(map(str, table.values()))} |")
    bare, boxed = graders["math-verify, gold bare"], graders["math-verify, gold boxed"]
    if options.list:
        options.list.write_text("\n".join(disagreements(cases, ours, boxed)) + "\n")
    worse = [
        case
        for case, verdict, *theirs in zip(cases, ours, bare, boxed, strict=True)
        if verdict == 1.0 != case.verdict and 1.0 not in theirs
    ]
    print(f"false positives of ours that math-verify has not (bare or boxed): {len(worse)}", *worse, sep="\n  ")
    return bool(worse)


def disagreements(cases: list[Case], ours: list[float | None], theirs: list[float | None]) -> list[str]:
    """Lines: who is right, gold, answer, our verdict, theirs; under a heading with the reason for each category."""
    lines = ["# Where ours and math-verify (gold and answer boxed alike) disagree"]
    names = {1.0: "1", 0.0: "0", None: "None"}
    for category in sorted({case.category for case in cases}):
        rows = [
            f"- {'' if our == case.verdict else 'OURS IS WRONG: '}`{case.gold}` and `{case.answer}`: "
            f"ours {names[our]}, math-verify {names[their]}"
            for case, our, their in zip(cases, ours, theirs, strict=True)
            if case.category == category and our != their
        ]
        if rows:
            lines += ["", f"## {category}: {REASONS[category]}", *rows]
    return lines


if __name__ == "__main__":
    sys.exit(main())
