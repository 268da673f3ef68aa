"""Prints an overview of a run on one screen."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from swift_grpo.formats.trajectories import FILE
from swift_grpo.printable import clean, number
from swift_grpo.rollouts.facts import trajectories
from swift_grpo.rollouts.facts.accuracy import settle_accuracy
from swift_grpo.rollouts.facts.configuration import brief, settings
from swift_grpo.rollouts.facts.step_table import step_rows
from swift_grpo.rollouts.facts.times import times
from swift_grpo.rollouts.facts.trust import Trust
from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.terminal.sparkline import sparkline

_MOST_REWARDS = 6
_TIME_STYLES = {
    "generation": "blue", "weight sync": "cyan", "rewards": "yellow", "teacher": "red", "log-probabilities": "magenta",
    "gradient": "green", "other": "bright_black", "between": "white",
}  # fmt: skip
_ROWS = {
    "reward": "reward",
    "solved": "solved",
    "flat": "groups without variance",
    "right": "groups all right",
    "wrong": "groups all wrong",
    "chars": "characters",
    "clipped": "cut off",
    "entropy": "entropy",
    "kl": "kl",
    "teacher_kl": "teacher_kl",
    "grad_norm": "grad_norm",
    "step_time": "step_time, s",
}


def print_banner(console: Console, index: Index, trust: Trust) -> None:
    """The run's configuration and the trust banner; red where steps do not reconcile or lines cannot be read."""
    if line := brief(index.run):
        console.print(Text(line))
    bad = trust.reconciled < trust.of or trust.unreadable
    for number_of_line, line in enumerate(trust.lines):
        console.print(Text(clean(line), style="red" if bad and number_of_line == 0 else "dim"))


def print_summary(console: Console, index: Index, trust: Trust) -> None:
    """Sparklines over the run, with the values of the first and the last step."""
    settle_accuracy(index)
    rows = step_rows(index)
    if not rows:
        console.print("no training completions in the log yet")
        print_banner(console, index, trust)
        return
    completions, prompts = index.query("SELECT count(*), count(DISTINCT prompt_hash) FROM train")[0]
    said = f"{len(rows):,} with completions · {completions:,} completions of {prompts:,} prompts"
    said = said if completions else f"{len(rows):,} with scalars; no completions (--log_completions true writes them)"
    console.print(f"steps {rows[0]['step']} to {rows[-1]['step']} · {said}")
    print_banner(console, index, trust)
    table = Table(box=None, padding=(0, 1), show_edge=False)
    table.add_column("", no_wrap=True)
    for title, style in (("first", None), ("last", None), ("lowest", "dim"), ("highest", "dim")):
        table.add_column(title, justify="right", no_wrap=True, style=style)
    table.add_column("", no_wrap=True)
    width = max(20, min(80, console.width - 66))
    for title, values in _lines(index, rows):
        known = [value for value in values if value is not None]
        if known:
            cells = [number(value) for value in (known[0], known[-1], min(known), max(known))]
            table.add_row(Text(clean(title)[:24]), *cells, Text(sparkline(values, width), style="cyan"))
    console.print(table)
    _print_turns(console, index)
    _print_times(console, index)
    if len(index.reward_names) > _MOST_REWARDS:
        console.print(f"… and {len(index.reward_names) - _MOST_REWARDS} more reward classes", style="dim")


def _print_turns(console: Console, index: Index) -> None:
    """Turns and tool calls of a multi-turn run, what fails and what stops its rollouts, on one line."""
    if not (found := trajectories.summary(index)):
        return
    parts = [f"{found['turns']:.1f} turns a rollout"] if "turns" in found else []
    if "calls" in found:
        first, last = found["calls_first_last"]
        errors = f"{sum(found['errors'].values()):.0%} of them fail ({_shares(found['errors'])})"
        parts += [f"{found['calls']:.1f} tool calls, {first:.1f} at first and {last:.1f} at last"]
        parts += [errors] if found["errors"] else []
        parts += [f"stopped by {_shares(found['stopped_by'])}"] if found["stopped_by"] else []
    if found["unreadable"]:
        parts += [f"{found['unreadable']:,} lines of {FILE} that cannot be read"]
    console.print(Text(f" {' · '.join(parts)}"))


def _shares(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in found.items())


def _print_times(console: Console, index: Index) -> None:
    """Where a step's time goes, what the run waits for, and which flags shorten it."""
    if not (found := times(index)):
        return
    agree, compared = found.checked
    bar = Text(" ")
    for name, share in found.shares.items():
        bar.append("█" * round(40 * share), style=_TIME_STYLES[name])
    console.print(bar)
    legend = Text(" ")
    for name, share in found.shares.items():
        legend.append("■ ", style=_TIME_STYLES[name]).append(f"{name} {share:.0%}  ")
    console.print(legend)
    console.print(Text(f" {found.advice}; in {agree} of {compared} steps the parts add up to step_time within 5%"))
    if found.saved:
        console.print(Text(f" {clean(found.saved)}"))


def _lines(index: Index, rows: list[dict]) -> list[tuple[str, list[float | None]]]:
    told = index.knows_right  # then groups without variance are all right or all wrong
    lines = [(title, [row[key] for row in rows]) for key, title in _ROWS.items() if not (told and key == "flat")]
    names = dict.fromkeys(name for row in rows for name in row["rewards"])
    rewards = [(name, [row["rewards"].get(name) for row in rows]) for name in list(names)[:_MOST_REWARDS]]
    return lines[:1] + rewards + lines[1:]


def as_json(index: Index, trust: Trust) -> dict:
    """The same for programs."""
    settle_accuracy(index)
    found = times(index)
    return {
        "run": str(index.run.root),
        "configuration": settings(index.run),
        "times": found
        and {"shares": found.shares, "agree": found.checked, "advice": found.advice, "saved": found.saved},
        "trajectories": trajectories.summary(index),
        "groups": index.run.group_rule,
        "trust": {
            "reconciled": trust.reconciled, "of": trust.of, "duplicates": trust.duplicates,
            "unreadable": trust.unreadable, "notes": trust.notes,
        },
        "steps": step_rows(index),
    }  # fmt: skip
