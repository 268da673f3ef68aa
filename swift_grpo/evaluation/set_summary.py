"""The summary of a set's graded samples: mean@n, pass@k, maj@n, rewards, lengths and reasons, as values and as text."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from swift_grpo.evaluation.grades import OF_THE_GOLD, REASONS, Question
from swift_grpo.printable import printable
from swift_grpo.stats import Estimate, estimate, ks, majority, of_questions, pass_at_k


def summarize(questions: Sequence[Question]) -> dict[str, Any]:
    """Plain values, ready for JSON: `measures` (name -> Estimate as a dict), `tokens`, `reasons`, `left_out`.

    Questions without a graded sample are only in the lengths; `left_out` counts them. Raises ValueError if nothing
    could be graded.
    """
    if not any(one.samples for one in questions):
        raise ValueError("there are no answers to grade")
    graded = [one for one in questions if one.verdicts]
    answered = [one for one in questions if one.samples]
    samples = [sample for one in questions for sample in one.samples]
    least = min((len(one.verdicts) for one in graded), default=0)
    most = max((len(one.verdicts) for one in graded), default=0)
    total = sum(len(one.verdicts) for one in graded)
    measures = {f"mean@{most}": estimate([one.verdicts for one in graded])}
    voted = any(sample.vote is not None for sample in samples)
    for k in ks(least)[1:]:
        values = [pass_at_k(len(one.verdicts), int(sum(one.verdicts)), k) for one in graded]
        measures[f"pass@{k}"] = of_questions(values, total)
    if least > 1 and (voted or not any(sample.verdict for sample in samples)):  # programs have no vote
        measures[f"maj@{most}"] = of_questions([vote_of(one) for one in graded], total)
    for name in samples[0].rewards:
        paid = [[v for s in one.samples if (v := s.rewards[name]) is not None] for one in answered]
        if any(paid):
            measures[name] = estimate(paid)
    counted = [[float(s.tokens) for s in one.samples if s.tokens is not None] for one in answered]
    if any(counted):
        measures["tokens"] = estimate(counted)
    measures["cut off"] = estimate([[float(s.cut_off) for s in one.samples] for one in answered])
    called = [sample for sample in samples if sample.tool_calls is not None]
    if called:
        measures["tool calls"] = estimate([[float(s.tool_calls or 0) for s in one.samples] for one in answered])
        measures["tool errors"] = estimate([[float(s.tool_errors or 0) for s in one.samples] for one in answered])
    reasons = Counter(sample.reason for sample in samples)
    unreadable = sum(bool(one.samples) and all(s.reason in OF_THE_GOLD for s in one.samples) for one in questions)
    left_out = {
        "questions whose gold cannot be read": unreadable,
        "questions without an answer": len(questions) - len(answered),
        "samples that could not be judged": reasons["worker failed"],
    }
    return {
        "questions": len(questions),
        "samples": len(samples),
        "measures": {name: asdict(value) for name, value in measures.items()},
        "tokens": lengths([sample.tokens for sample in samples]),
        "reasons": {name: reasons[name] for name in REASONS if reasons[name]},
        "left_out": {name: count for name, count in left_out.items() if count},
    } | ({"stopped_by": dict(Counter(str(s.stopped_by) for s in called).most_common())} if called else {})


def vote_of(question: Question) -> float:
    """maj@n of a question's graded samples."""
    judged = [sample for sample in question.samples if sample.verdict is not None]
    return majority([sample.vote for sample in judged], [bool(sample.verdict) for sample in judged])


def lengths(tokens: Sequence[int | None]) -> dict[str, float] | None:
    """Mean, median and largest number of tokens; None if the server counted none.

    >>> lengths([3, None, 5, 10])
    {'mean': 6.0, 'median': 5, 'longest': 10}
    """
    known = [count for count in tokens if count is not None]
    if not known:
        return None
    return {"mean": round(sum(known) / len(known), 1), "median": median(known), "longest": max(known)}


def facts(summary: dict[str, Any]) -> list[tuple[str, str]]:
    """The lines below the measures, as name and text."""
    numbers, settings = summary["numbers"], summary["parameters"]
    reasons = ", ".join(f"{count:,} {name}" for name, count in numbers["reasons"].items())
    left_out = ", ".join(f"{count} {name}" for name, count in numbers["left_out"].items())
    tokens = numbers["tokens"]
    drawn = ", ".join(f"{name} {settings[name]:g}" for name in ("n", "temperature", "top_p", "max_tokens", "seed"))
    stops = ", ".join(f"{count:,} {reason}" for reason, count in numbers.get("stopped_by", {}).items())
    found = [
        ("answers", f"{numbers['samples']:,} for {numbers['questions']:,} questions: {reasons}"),
        ("left out", left_out),
        ("not sampled", ", ".join(f"{count} ({reason})" for reason, count in summary["failed"].items())),
        ("tokens", tokens and f"mean {tokens['mean']:,}, median {tokens['median']:,}, longest {tokens['longest']:,}"),
        (
            "sampled with",
            f"{drawn}; system prompt {'given' if settings['system'] else 'of the data or the template'}",
        ),
        ("tools", stops and f"{settings['tools']}, at most {settings['max_turns']} turns; ended by: {stops}"),
        ("grader", summary["grader"]),
    ]
    return [(name, text) for name, text in found if text]


def measures_of(summary: dict[str, Any]) -> dict[str, Estimate]:
    return {name: Estimate(**value) for name, value in summary["numbers"]["measures"].items()}


def show(summary: dict[str, Any], console: Any) -> None:
    """Print the summary on one screen."""
    from rich.table import Table
    from rich.text import Text

    console.print(Text(f"{summary['model']} on {summary['set']}", style="bold"))
    table = Table("", "value", "95% interval", "questions", box=None, header_style="bold")
    for name, value in measures_of(summary).items():
        table.add_row(Text(name), f"{value.value:.3f}", f"{value.low:.3f} to {value.high:.3f}", str(value.questions))
    console.print(table)
    for name, text in facts(summary):
        console.print(Text(f"{name}: {text}"))


def markdown(summary: dict[str, Any]) -> str:
    """The summary as Markdown."""
    lines = [f"# {plain(summary['model'])} on {plain(summary['set'])}", "", "| | value | 95% interval | questions |"]
    lines.append("| --- | --- | --- | --- |")
    for name, value in measures_of(summary).items():
        lines.append(f"| {plain(name)} | {value.value:.3f} | {value.low:.3f} to {value.high:.3f} | {value.questions} |")
    return "\n".join([*lines, "", *(f"- {name}: {plain(text)}" for name, text in facts(summary)), ""])


def plain(text: Any) -> str:
    """Text for one line of Markdown, with markup, links and control characters escaped.

    >>> plain("a|b <img src=x> [c](d)")
    'a\\\\|b \\\\<img src=x\\\\> \\\\[c\\\\](d)'
    """
    return "".join("\\" + c if c in "\\`*[]<>|~&" else c for c in printable(str(text)))
