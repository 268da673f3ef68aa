"""A comparison for a terminal and as Markdown."""

import textwrap
from typing import Any

from swift_grpo.evaluation.diff import Comparison, Pair, tools_of
from swift_grpo.evaluation.set_summary import plain
from swift_grpo.printable import clean, one_line

_SHOWN = 5  # flipped questions, of each direction
_LONGEST = 400  # characters of a text in Markdown


def flipped(comparison: Comparison) -> tuple[list[Pair], list[Pair]]:
    """Questions that only b solves, and questions that only a solves, the clearest first."""
    found = sorted((pair for pair in comparison.pairs if pair.flipped), key=lambda pair: -abs(pair.gain))
    return [pair for pair in found if pair.gain > 0], [pair for pair in found if pair.gain < 0]


def verdict(comparison: Comparison) -> str:
    """The main result in one sentence."""
    name, found = next(iter(comparison.measures.items()))
    size = f"{abs(100 * found.value):.1f} points"
    if found.p >= 0.05:
        return f"No significant difference in {name}: {100 * found.value:+.1f} points, p = {found.p:.2g}."
    return f"B is {size} {'better' if found.value > 0 else 'worse'} in {name}, p = {found.p:.2g}."


def seen(comparison: Comparison) -> str:
    """The size of difference that these data can show."""
    found = next(iter(comparison.measures.values()))
    return f"These questions and samples show a true difference of {100 * found.visible:.1f} points 4 times out of 5."


def show(comparison: Comparison, console: Any) -> None:
    """Print one screen: the differences, then the questions that flipped."""
    from rich.table import Table
    from rich.text import Text

    for side in ("a", "b"):
        console.print(Text(f"{side.upper()}  {getattr(comparison, side).name}  ({getattr(comparison, side).folder})"))
    for note in notes(comparison):
        console.print(Text(note))
    console.print(Text(verdict(comparison), style="bold"))
    table = Table("B - A", "difference", "95% interval", "p", "test", "questions", box=None, header_style="bold")
    for name, value in comparison.measures.items():
        bounds = f"{value.low:+.3f} to {value.high:+.3f}"
        table.add_row(Text(name), f"{value.value:+.3f}", bounds, f"{value.p:.2g}", value.test, str(value.questions))
    console.print(table)
    console.print(Text(seen(comparison)))
    for title, pairs in zip(("solved by B", "lost by B"), flipped(comparison), strict=True):
        console.print(Text(f"\n{title}: {len(pairs)}", style="bold"))
        for pair in pairs[:_SHOWN]:
            console.print(
                Text(
                    f"  {pair.rate_a:.2f} -> {pair.rate_b:.2f}  gold {one_line(pair.a.gold, 20)}  {one_line(pair.a.question, 90)}"
                )
            )
            console.print(Text(f"      A {answers_of(pair.a)}\n      B {answers_of(pair.b)}"))


def power(comparison: Comparison, points: float) -> str:
    """One line: how many questions would show a difference of `points` of 100.

    Raises ValueError unless `points` is positive.
    """
    found = next(iter(comparison.measures.values()))
    plan = ", ".join(f"{count:,} x {n}" for n, count in found.plan(points).items())
    return f"Questions that show a true difference of {points:g} points 4 times out of 5, by samples per model: {plan}."


def notes(comparison: Comparison) -> list[str]:
    unlike = [f"compared by --force although they differ: {'; '.join(comparison.notes)}"] if comparison.notes else []
    tools = [tools_of(side.summary) for side in (comparison.a, comparison.b)]
    if tools[0] != tools[1]:
        systems = [side.summary["parameters"].get("system") for side in (comparison.a, comparison.b)]
        prompts = "" if systems[0] == systems[1] else "; their system prompts differ too"
        unlike.append(f"compared with each other: {tools[0]} (A) and {tools[1]} (B){prompts}")
    left = comparison.unpaired
    return unlike + ([f"left out: {left} questions that are not graded on both sides"] if left else [])


def answers_of(question: Any, most: int = 4) -> str:
    """The answers of a question's samples on one line, the most frequent first.

    >>> from swift_grpo.evaluation.grades import Graded, Question
    >>> answers_of(Question("", "", "2", [Graded(i, v, r, a, 0, 1, False) for i, (v, r, a) in enumerate(
    ...     [(1.0, "right", "2"), (0.0, "wrong", "3"), (1.0, "right", "2"), (0.0, "cut off", None)])]))
    '2 x 2 right, 3 wrong, cut off'
    """
    from collections import Counter

    given = Counter((one_line(one.answer, 20) if one.answer else "", one.reason) for one in question.samples)
    said = [" ".join(filter(None, [a, f"x {k}" if k > 1 else "", r])) for (a, r), k in given.most_common(most)]
    return ", ".join([*said, *(["…"] if len(given) > most else [])])


def markdown(comparison: Comparison) -> str:
    """The same as Markdown, with the texts of the questions that flipped."""
    lines = [
        f"# {plain(comparison.b.name)} against {plain(comparison.a.name)} on {plain(comparison.a.summary['set'])}",
        "",
    ]
    lines += [verdict(comparison), "", *(f"- {plain(note)}" for note in notes(comparison)), ""]
    lines += ["| B - A | difference | 95% interval | p | test | questions |", "| --- | --- | --- | --- | --- | --- |"]
    for name, value in comparison.measures.items():
        lines.append(
            f"| {plain(name)} | {value.value:+.3f} | {value.low:+.3f} to {value.high:+.3f} | {value.p:.2g} | {value.test} | "
            f"{value.questions} |"
        )
    lines += ["", seen(comparison)]
    texts = {"A": comparison.a.texts(), "B": comparison.b.texts()}
    for title, pairs in zip(("Solved by B", "Lost by B"), flipped(comparison), strict=True):
        lines += ["", f"## {title}: {len(pairs)}"]
        for pair in pairs[:_SHOWN]:
            lines += ["", f"### {pair.rate_a:.2f} → {pair.rate_b:.2f}, gold {plain(one_line(pair.a.gold, 60))}", ""]
            lines += [quoted(pair.a.question)]
            for side, question in (("A", pair.a), ("B", pair.b)):
                first = question.samples[0]
                text = texts[side].get((question.prompt_id, first.index), "")
                lines += ["", f"{side}, {plain(first.reason)}:", "", quoted(text)]
    return "\n".join([*lines, ""])


def quoted(text: str, longest: int = _LONGEST) -> str:
    """The text as an indented code block, which no text can end. The middle is cut beyond `longest` characters."""
    cut = text if len(text) <= longest else text[: longest // 2] + "\n…\n" + text[-longest // 2 :]
    return textwrap.indent(clean(cut), "    ", lambda line: True)
