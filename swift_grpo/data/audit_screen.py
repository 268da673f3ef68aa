"""The audit on one screen."""

from collections import Counter
from typing import Any

from swift_grpo.data.advice import Advice, advise, quantiles
from swift_grpo.data.audit import Facts
from swift_grpo.printable import clean

_STYLES = {"bad": "bold red", "look": "yellow", "skipped": "dim"}
_SHOWN = 3


def show(facts: Facts, console: Any) -> None:
    """Print rows, columns, golds, scripts and lengths, then each finding with its first rows and its command."""
    from rich.text import Text

    def line(title: str, text: str) -> None:
        console.print(Text.assemble((f"{title:<9}", "bold"), clean(text)))

    line(
        "rows",
        f"{facts.rows:,}"
        + (f", and {facts.unreadable_rows:,} that could not be read" if facts.unreadable_rows else ""),
    )
    line("columns", ", ".join(f"{name} ({', '.join(types)})" for name, types in facts.columns.items())[:1000])
    line("golds", shares(facts.kinds))
    if facts.programs:
        line("programs", ran(facts))
    line("scripts", shares(facts.scripts))
    lengths = quantiles(facts.lengths)
    line("lengths", ", ".join(f"{name} {value:,}" for name, value in lengths.items()) + f" {facts.unit}")
    console.print()
    found = advise(facts)
    if not found:
        console.print(Text("nothing to fix", style="bold green"))
    for one in found:
        _show_one(one, console)


def _show_one(one: Advice, console: Any) -> None:
    from rich.text import Text

    console.print(Text(headline(one), style=_STYLES[one.severity]))
    for row, what in one.examples[:_SHOWN]:
        text = " ".join(clean(what).split())
        console.print(Text(f"    {f'row {row}: ' if row else ''}{text[:110]}{'…' if len(text) > 110 else ''}"))
    if len(one.examples) > _SHOWN:
        console.print(Text(f"    … {one.count - _SHOWN:,} more; --json and --page list up to 50", style="dim"))
    console.print(Text(f"  $ {clean(one.command)}"), soft_wrap=True)


def headline(one: Advice) -> str:
    """The finding in one line."""
    return f"{one.count:,} {one.said}" if one.count else one.said


def ran(facts: Facts) -> str:
    """How the reference programs did."""
    return f"{facts.programs:,} references ran, {len(facts.failing):,} fail a test of their row"


def shares(counts: Counter) -> str:
    """Each count as a share of the total, the largest first.

    >>> shares(Counter(integer=3, choice=1)), shares(Counter())
    ('integer 75.0%, choice 25.0%', 'none')
    """
    total = counts.total()
    return ", ".join(f"{name} {count / total:.1%}" for name, count in counts.most_common()) or "none"
