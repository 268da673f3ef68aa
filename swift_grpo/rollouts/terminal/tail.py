"""Prints one line a step, and new steps as they are written."""

import time

from rich.console import Console
from rich.text import Text

from swift_grpo.printable import clean, number, question
from swift_grpo.rollouts.facts.step_table import step_rows
from swift_grpo.rollouts.facts.turns import task
from swift_grpo.rollouts.index import Index

_POLL_SECONDS = 0.25
_LONGEST_SAMPLE = 2000


def tail(console: Console, index: Index, last: int, follow: bool, sample: bool) -> None:
    """Prints the last steps; with `follow` also new ones until interrupted. `sample` adds a completion for each."""
    rows = step_rows(index)[-last:] if last else []
    shown = _show(console, index, rows, sample, series_end(index))
    while follow:
        time.sleep(_POLL_SECONDS)
        if index.refresh():
            shown = _show(console, index, step_rows(index, shown), sample, shown)


def series_end(index: Index) -> int:
    """The last step in the log; -2 if there is none."""
    return index.query("SELECT coalesce(max(step), -2) FROM counted")[0][0]


def _show(console: Console, index: Index, rows: list[dict], sample: bool, shown: int) -> int:
    for row in rows:
        console.print(Text(line(row)), soft_wrap=True)
        if sample:
            _print_sample(console, index, row["step"])
        shown = max(shown, row["step"])
    return shown


def line(row: dict) -> str:
    """A step on one line."""
    parts = [f"step {row['step']:>5}", f"reward {number(row['reward'])}"]
    parts += [f"{clean(name)} {number(value)}" for name, value in list(row["rewards"].items())[:4]]
    for key, title in (("solved", "solved"), ("right", "all right"), ("wrong", "all wrong"), ("clipped", "cut off")):
        if row[key] is not None:
            parts.append(f"{title} {row[key]:.0%}")
    parts.append(f"chars {number(row['chars'])}")
    parts += [f"{key} {number(row[key])}" for key in ("kl", "entropy", "grad_norm") if row[key] is not None]
    if row["step_time"] is not None:
        parts.append(f"{row['step_time']:.1f} s")
    return " · ".join(parts)


def _print_sample(console: Console, index: Index, step: int) -> None:
    """The best completion of the group with the widest spread of rewards."""
    ids = index.query(
        f"""SELECT id FROM train WHERE step = {step} AND group_id = (
                SELECT group_id FROM train_groups WHERE step = {step} ORDER BY reward_std DESC NULLS LAST LIMIT 1)
            ORDER BY reward DESC NULLS LAST, id LIMIT 1"""
    )
    for text in index.texts(row[0] for row in ids):
        console.print(Text(f"      {question(task(text), 100)}", style="dim"), soft_wrap=True)
        body = clean(text.completion[:_LONGEST_SAMPLE]).strip().replace("\n", "\n      ")
        console.print(Text(f"      {body}"), soft_wrap=True)
