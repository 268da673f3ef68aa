"""Prints the results of a search."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from swift_grpo.printable import clean, number, one_line
from swift_grpo.rollouts.facts import search
from swift_grpo.rollouts.facts.addresses import addresses
from swift_grpo.rollouts.index import Index


def print_matches(console: Console, index: Index, found: Iterator[dict], most: int) -> None:
    shown = 0
    for row in found:
        before, match, after = (" ".join(clean(row[part]).split("\n")) for part in ("before", "match", "after"))
        line = Text.assemble((f"{row['where']:<12}", "cyan"), (f"{number(row['reward']):>6}  ", "dim"))
        console.print(line.append(before).append(match, style="bold red").append(after), soft_wrap=True)
        shown += 1
    more = "; raise -m to see more" if shown == most else ""
    console.print(f"{shown:,} of {index.rows:,} completions{more}", style="dim")


def filtered(index: Index, expression: str, most: int) -> tuple[list[dict], int]:
    """The first `most` rollouts that satisfy an expression, with `where`, and the number of all that do."""
    rows, total = search.filter_rollouts(index, expression, most)
    places = addresses(index, [row["id"] for row in rows])
    return [{"where": places.get(row["id"]), **row} for row in rows], total


def print_filtered(console: Console, index: Index, rows: list[dict], total: int) -> None:
    table = Table(box=None, padding=(0, 1))
    for title in ("where", "reward", "advantage", "length"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("its end", no_wrap=True, overflow="ellipsis")
    for row, text in zip(rows, index.texts(row["id"] for row in rows), strict=True):
        end = one_line(text.completion[-120:], max(20, console.width - 45))
        cells = [number(row[key]) for key in ("reward", "advantage", "chars")]
        table.add_row(row["where"], *cells, Text(end))
    console.print(table)
    console.print(f"{len(rows):,} of {total:,} that satisfy it, of {index.rows:,} completions", style="dim")


def selected(index: Index, query: str, most: int) -> tuple[list[str], list[tuple], bool]:
    """Column names, the first `most` rows of a SELECT, and whether there are more. Raises ValueError, duckdb.Error."""
    search.only_select(index.db, query)
    with index.db.cursor() as cursor:
        cursor.execute(query)
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchmany(most + 1)
    return names, rows[:most], len(rows) > most


def print_selected(console: Console, names: list[str], rows: list[tuple]) -> None:
    """Prints a table; where it is wider than the console, row after row with a line per column."""
    table = Table(box=None, padding=(0, 1))
    for name in names:
        table.add_column(Text(clean(name)), no_wrap=True)
    cells = [[clean("" if value is None else str(value)) for value in row] for row in rows]
    for row in cells:
        table.add_row(*map(Text, row))
    if table.__rich_measure__(console, console.options.update(max_width=10_000)).maximum <= console.width:
        console.print(table)
        return
    width = max(len(clean(name)) for name in names)
    for k, row in enumerate(cells, start=1):
        console.print(Text(f"── row {k}"), style="dim")
        for name, cell in zip(names, row, strict=True):
            console.print(Text.assemble((f"{clean(name):<{width}}  ", "dim"), cell), soft_wrap=True)
