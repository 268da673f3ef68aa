"""How each prompt's solve rate went over the run."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.terminal.text import question, sparkline

ORDERS = {
    "worst": "avg(solved), min(step)",
    "best": "avg(solved) DESC, min(step)",
    "change": "last(solved ORDER BY step) - first(solved ORDER BY step), min(step)",
    "often": "count(*) DESC, min(step)",
}


def histories(index: Index, order: str, count: int) -> list[dict]:
    """Prompts with their solve rates by step, oldest first. Without an accuracy reward, mean rewards. Raises ValueError."""
    if order not in ORDERS:
        raise ValueError(f"--sort {order}: one of {', '.join(ORDERS)}")
    rows = index.query(
        f"""SELECT list(step ORDER BY step), list(solved ORDER BY step), sum(n), max(id) FROM (
                SELECT prompt_hash, step, coalesce(avg(solved::INTEGER), avg(reward)) AS solved, count(*) AS n, max(id) AS id
                FROM rollouts WHERE NOT duplicate AND NOT is_eval GROUP BY prompt_hash, step)
            GROUP BY prompt_hash HAVING avg(solved) IS NOT NULL ORDER BY {ORDERS[order]} LIMIT {int(count)}"""
    )
    texts = index.texts(row[3] for row in rows)
    return [
        {"prompt": text.prompt, "steps": steps, "solved": solved, "completions": int(n), "last_id": one}
        for (steps, solved, n, one), text in zip(rows, texts, strict=True)
    ]


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
