"""Prints each prompt's solve rate over the run."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from swift_grpo.printable import question
from swift_grpo.rollouts.terminal.sparkline import sparkline


def print_prompts(console: Console, rows: list[dict]) -> None:
    table = Table(box=None, padding=(0, 1))
    for title in ("visits", "mean", "first", "last"):
        table.add_column(title, justify="right")
    table.add_column("history", no_wrap=True)
    table.add_column("prompt", no_wrap=True, overflow="ellipsis")
    for row in rows:
        rates = row["solved"]
        cells = [f"{value:.2f}" for value in (sum(rates) / len(rates), rates[0], rates[-1])]
        text = Text(question(row["prompt"], max(20, console.width - 60)))
        table.add_row(str(len(rates)), *cells, Text(sparkline([*rates, 0, 1], len(rates) + 2)[:-2][:24], "cyan"), text)
    console.print(table)
