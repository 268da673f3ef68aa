"""Reward values for a terminal and as JSON."""

from collections.abc import Sequence
from typing import Any

from swift_grpo.evaluation.score import Scores
from swift_grpo.printable import one_line


def reasons(given: Sequence[str | None]) -> dict[str, list[int]]:
    """Verdict -> the rows (from 0) that got it, the most frequent first.

    >>> reasons(["wrong", "right", None, "right"])
    {'right': [1, 3], 'wrong': [0]}
    """
    found: dict[str, list[int]] = {}
    for at, verdict in enumerate(given):
        if verdict:
            found.setdefault(verdict, []).append(at)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def for_a_program(scores: Sequence[Scores], given: Sequence[str | None]) -> dict[str, Any]:
    """The output of `--json`: each reward over all rows, the count of each verdict, and every row (from 1)."""
    named = {one.name: one.values for one in scores if not one.skipped}
    return {
        "rewards": [one.summary() for one in scores],
        "why": {verdict: len(members) for verdict, members in reasons(given).items()},
        "rows": [
            {
                "row": at + 1,
                "verdict": verdict,
                "values": {name: values[at] for name, values in named.items()},
                "reasons": {one.name: one.reasons[at] for one in scores if at in one.reasons},
            }
            for at, verdict in enumerate(given)
        ],
    }


def unscored(scores: Sequence[Scores]) -> str:
    """Why no reward has a value for any row, '' if one has."""
    if any(one.paid for one in scores):
        return ""
    return "no row could be scored: " + "; ".join(
        f"{one.name}: {one.skipped or 'None for each row (--why counts the reasons)'}" for one in scores
    )


def show_reasons(found: dict[str, list[int]], rows: Sequence[dict[str, Any]], console: Any) -> None:
    """Print how many times the grader gave each reason, with one example of each."""
    from grpo_rewards.extract import final_answer
    from rich.table import Table
    from rich.text import Text

    if not found:
        console.print(Text("no row has a `solution`: nothing to grade"))
        return
    table = Table("verdict", "n", "example: row", "answer", "gold", box=None, header_style="bold")
    for reason, members in found.items():
        row = rows[members[0]]
        answer, gold = one_line(str(final_answer(row["completion"])), 40), one_line(str(row["solution"]), 40)
        table.add_row(reason, str(len(members)), str(members[0] + 1), Text(answer), Text(gold))
    console.print(table)


def show(scores: Sequence[Scores], rows: Sequence[dict[str, Any]], console: Any) -> None:
    """Print a table, and below it the completions with the oddest scores and the answers that the grader reads."""
    from grpo_rewards.extract import final_answer
    from rich.table import Table
    from rich.text import Text

    table = Table("reward", "mean", "min", "max", "None", "µs each", box=None, header_style="bold")
    for one in scores:
        facts = one.summary()
        if one.skipped:
            continue
        numbers = ["-" if facts[key] is None else f"{facts[key]:.3f}" for key in ("mean", "min", "max")]
        table.add_row(Text(one.name), *numbers, str(facts["none"]), f"{facts['microseconds']:.0f}")
    console.print(table)
    for one in scores:
        if one.skipped:
            console.print(Text(f"{one.name}: SKIPPED, {one.skipped}"))
    for one in scores:
        for i in one.oddest():
            value = "None" if one.values[i] is None else f"{one.values[i]:.3f}"
            row = rows[i]
            gold = "" if row.get("solution") is None else f"  gold {one_line(str(row['solution']), 60)}"
            answer = f"answer {one_line(str(final_answer(row['completion'])), 60)}{gold}" if "tests" not in row else ""
            console.print(Text(f"\n{one.name} {value}  row {i + 1}  {answer}", style="bold"))
            if i in one.reasons:
                console.print(Text("  why: " + one_line(one.reasons[i], 300)))
            console.print(Text("  " + one_line(str(row["completion"][-300:]), 300)))
