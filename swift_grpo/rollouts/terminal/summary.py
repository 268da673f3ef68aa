"""One screen about a run."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from swift_grpo.rollouts.facts.series import series
from swift_grpo.rollouts.facts.trust import Trust
from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.printable import clean, number
from swift_grpo.rollouts.terminal.sparkline import sparkline

_MOST_REWARDS = 6
_ROWS = {
    "reward": "reward",
    "solved": "solved",
    "right": "groups all right",
    "wrong": "groups all wrong",
    "chars": "characters",
    "clipped": "cut off",
    "entropy": "entropy",
    "kl": "kl",
    "grad_norm": "grad_norm",
    "step_time": "step_time, s",
}


def print_banner(console: Console, trust: Trust) -> None:
    """The trust banner; red where steps do not reconcile or lines cannot be read."""
    bad = trust.reconciled < trust.of or trust.unreadable
    for number_of_line, line in enumerate(trust.lines):
        console.print(Text(clean(line), style="red" if bad and number_of_line == 0 else "dim"))


def print_summary(console: Console, index: Index, trust: Trust) -> None:
    """Sparklines over the run, with the first and the last step's value."""
    rows = series(index)
    if not rows:
        console.print("no training completions in the log yet")
        print_banner(console, trust)
        return
    completions, prompts = index.query("SELECT count(*), count(DISTINCT prompt_hash) FROM train")[0]
    console.print(
        f"steps {rows[0]['step']} to {rows[-1]['step']} · {len(rows):,} with completions · {completions:,} completions of "
        f"{prompts:,} prompts"
    )
    print_banner(console, trust)
    table = Table(box=None, padding=(0, 1), show_edge=False)
    for title, justify in (
        ("", "left"),
        ("first", "right"),
        ("last", "right"),
        ("lowest", "right"),
        ("highest", "right"),
    ):
        table.add_column(title, justify=justify, no_wrap=True, style="dim" if title in ("lowest", "highest") else None)
    table.add_column("", no_wrap=True)
    width = max(20, min(80, console.width - 66))
    for title, values in _lines(index, rows):
        known = [value for value in values if value is not None]
        if known:
            cells = [number(value) for value in (known[0], known[-1], min(known), max(known))]
            table.add_row(Text(clean(title)[:24]), *cells, Text(sparkline(values, width), style="cyan"))
    console.print(table)
    if len(index.reward_names) > _MOST_REWARDS:
        console.print(f"… and {len(index.reward_names) - _MOST_REWARDS} more reward classes", style="dim")


def _lines(index: Index, rows: list[dict]) -> list[tuple[str, list[float | None]]]:
    lines = [(title, [row[key] for row in rows]) for key, title in _ROWS.items()]
    rewards = [(name, [row["rewards"][name] for row in rows]) for name in index.reward_names[:_MOST_REWARDS]]
    return lines[:1] + rewards + lines[1:]


def as_json(index: Index, trust: Trust) -> dict:
    """The same for a program."""
    return {
        "run": str(index.run.root),
        "groups": index.run.group_rule,
        "trust": {
            "reconciled": trust.reconciled, "of": trust.of, "duplicates": trust.duplicates,
            "unreadable": trust.unreadable, "notes": trust.notes,
        },
        "steps": series(index),
    }  # fmt: skip
