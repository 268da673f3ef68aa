"""Prints a step, a group side by side, or one completion."""

import math

from rich.columns import Columns
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from swift_grpo.printable import clean, number, question
from swift_grpo.rollouts.completion_text import Look, completion_text
from swift_grpo.rollouts.facts.accuracy import settle_accuracy
from swift_grpo.rollouts.facts.addresses import ids_at, parse_address
from swift_grpo.rollouts.facts.turns import task, turns
from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.reading.rollout_text import RolloutText

_NARROWEST = 36


def show(console: Console, index: Index, where: str, thought: bool) -> None:
    """Prints the step, group or completion at `where`."""
    step, group, member = parse_address(where)
    ids = ids_at(index, where)
    if group is None:
        _print_groups(console, index, step)
        return
    texts = index.texts(ids)
    console.print(prompt_text(task(texts[0]), thought))
    if texts[0].solution is not None:
        console.print(Text.assemble(("gold ", "bold"), (clean(texts[0].solution), "bold green")))
    if member is not None:
        console.print(completion_heading(texts[0]), _completion(texts[0], thought), sep="\n")
        return
    rows = math.ceil(len(texts) / max(1, console.width // _NARROWEST))
    count = math.ceil(len(texts) / rows)
    width = console.width // count - 1
    panels = [
        Panel(Group(completion_heading(t), _completion(t, thought)), title=f"{step}:{group}:{t.member}", width=width)
        for t in texts
    ]
    console.print(Columns(panels, padding=(0, 0), width=width))


def _print_groups(console: Console, index: Index, step: int) -> None:
    settle_accuracy(index)
    rows = index.query(
        f"""SELECT group_id, n, solved, reward_mean, reward_std, chars, first_id, is_eval, flat FROM groups WHERE step = {step}
            ORDER BY group_id"""
    )
    texts = index.texts(row[6] for row in rows)
    table = Table(box=None, padding=(0, 1))
    for title in ("group", "n", "solved", "reward", "std", "chars"):
        table.add_column(title, justify="right")
    table.add_column("prompt", no_wrap=True, overflow="ellipsis")
    first = min(row[0] for row in rows)
    for (group_id, n, solved, mean, std, chars, _, is_eval, flat), text in zip(rows, texts, strict=True):
        cells = [f"{step}:{group_id - first}", str(n), "-" if solved is None else f"{solved:.0%}"]
        cells += [number(value) for value in (mean, std, chars)]
        mark = ("eval · " if is_eval else "") + question(task(text), max(20, console.width - 50))
        table.add_row(*cells, Text(mark), style="dim" if flat else None)
    console.print(table)
    console.print("dim: no variance, no gradient", style="dim")


def prompt_text(prompt: str, whole: bool) -> Text:
    """The turns of a prompt, each on its own lines; the system's is folded unless `full`."""
    lines = [
        f"[system prompt, {len(text):,} characters]" if role == "system" and not whole
        else f"{clean(role)}{': ' if role else ''}{clean(text).strip()}"
        for role, text in turns(prompt)
    ]  # fmt: skip
    return Text("\n".join(lines), style="dim")


def completion_heading(text: RolloutText) -> Text:
    """A completion's rewards, on one line."""
    parts = [f"reward {number(text.reward)}", f"advantage {number(text.advantage)}"]
    parts += [f"{clean(name)} {number(value)}" for name, value in text.rewards.items()]
    return Text(" · ".join(parts), style="bold")


def _completion(text: RolloutText, unfolded: bool) -> Text:
    right = text.solution is not None and (text.answer or "").strip() == text.solution.strip()
    found = "bold reverse green" if right else "bold reverse red" if text.solution is not None else "bold reverse"
    return completion_text(text, Look(found, "bold red", unfolded, clean))


def as_json(index: Index, where: str) -> list[dict]:
    """The same for programs, with all text; `trajectory` where there is one."""
    from dataclasses import asdict

    rows = []
    for text in index.texts(ids_at(index, where)):
        row = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(text).items()}
        rows.append({k: v for k, v in row.items() if k != "trajectory" or v})
    return rows
