"""Prints the comparison of two runs."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from swift_grpo.printable import question
from swift_grpo.rollouts.facts.compare import Comparison
from swift_grpo.rollouts.facts.turns import task
from swift_grpo.rollouts.index import Index


def print_settings(console: Console, settings: dict[str, tuple[str, str]]) -> None:
    """Prints the settings that differ, one a line."""
    if not settings:
        console.print("no setting in args.json differs, or one of the runs has none", style="dim")
        return
    table = Table(box=None, padding=(0, 1))
    for title in ("setting", "first", "second"):
        table.add_column(title, overflow="fold")
    for name, (one, other) in settings.items():
        table.add_row(Text(f"--{name}"), Text(one), Text(other))
    console.print(table)


def print_comparison(console: Console, one: Index, found: Comparison, count: int) -> None:
    """Prints the mean change, and the prompts that lost and gained most."""
    print_settings(console, found.settings)
    a, b = found.rates
    console.print(
        f"{found.prompts:,} prompts in common · solved {a:.1%} → {b:.1%} · change {found.difference:+.1%} "
        f"[{found.low:+.1%}, {found.high:+.1%}] (95%, bootstrap over prompts)"
    )
    console.print(found.holds_for, style="dim")
    sure = [change for change in found.changes if change.low > 0 or change.high < 0]
    console.print(f"{len(sure):,} prompts changed beyond their own 95% interval (Newcombe)", style="dim")
    table = Table(box=None, padding=(0, 1))
    for title in ("first", "second", "change", "95%"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("prompt", no_wrap=True, overflow="ellipsis")
    picked = {c.prompt_hash: c for c in found.changes[: count // 2] + found.changes[-(count - count // 2) :]}
    prompts = {t.id: task(t) for t in one.texts(change.id for change in picked.values())}
    for change in picked.values():
        cells = [f"{s}/{n}" for s, n in zip(change.solved, change.n, strict=True)]
        cells += [f"{change.difference:+.0%}", f"[{change.low:+.0%}, {change.high:+.0%}]"]
        table.add_row(*cells, Text(question(prompts.get(change.id, ""), max(20, console.width - 50))))
    console.print(table)
