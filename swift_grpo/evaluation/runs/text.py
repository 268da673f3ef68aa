"""Runs and groups as tables, and as plain values."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from swift_grpo.evaluation.runs.compare import Verdict
from swift_grpo.evaluation.runs.groups import Group, described, differing, short
from swift_grpo.evaluation.runs.reading import Outcome, RunSummary
from swift_grpo.printable import printable

_FOLDED = 26  # characters of a name or a finding that fold only where nothing else can be left out
_LINE = re.compile(r"(\w+)=([^=<>'\"()\s]+)")  # NAME=VALUE, which needs no quotes


def as_values(run: RunSummary) -> dict[str, Any]:
    """A run for JSON."""
    hidden = ("run", "evaluated")
    plain = {name: value for name, value in vars(run).items() if name not in hidden}
    outcomes = {
        name: asdict(one) if one else None for name, one in vars(run).items() if name in ("outcome", "training")
    }
    return plain | outcomes | {"folder": str(run.folder)}


def chosen(runs: Sequence[RunSummary], where: str, sort: str) -> list[RunSummary]:
    """The runs that satisfy `where` (NAME=VALUE, or a condition in DuckDB's SQL), in the order of the column `sort`,
    descending if it begins with `-`. Columns: name, state, steps, seconds, seed, outcome, findings, critical, data, code
    and the settings. Raises ValueError or duckdb.Error."""
    import duckdb

    from swift_grpo.rollouts.facts.search import only_select
    from swift_grpo.rollouts.index import quoted

    rows = [_row(run) | {"place": place} for place, run in enumerate(runs)]
    names = list({name.lower(): name for row in rows for name in row}.values())
    with duckdb.connect(config={"enable_external_access": False}) as db:
        kinds = {name: "DOUBLE" if all(_numeric(row.get(name)) for row in rows) else "VARCHAR" for name in names}
        db.execute(f"CREATE TABLE runs ({', '.join(f'{quoted(name)} {kind}' for name, kind in kinds.items())})")
        slots = ", ".join("?" * len(names))
        db.executemany(f"INSERT INTO runs VALUES ({slots})", [[row.get(name) for name in names] for row in rows])
        if line := _LINE.fullmatch(where):
            where = f"{quoted(line[1])} = '{line[2]}'"
        key = sort.removeprefix("-")
        if key and key.lower() not in map(str.lower, names):
            raise ValueError(f"--sort {key}: there are {', '.join(names[:9])}, and the settings")
        order = f"{quoted(key)} {'DESC' if sort[:1] == '-' else 'ASC'} NULLS LAST, place" if key else "place"
        query = f"SELECT place FROM runs WHERE ({where or 'true'}\n) ORDER BY {order}"
        only_select(db, query)
        found = db.execute(query).fetchall()
    return [runs[int(place)] for (place,) in found]


def _row(run: RunSummary) -> dict[str, Any]:
    severities = [severity for severity, _, _ in run.findings]
    row = {"name": run.name, "state": run.state, "steps": run.steps, "seconds": run.seconds, "seed": run.seed}
    row |= {"outcome": run.outcome.value if run.outcome else None}
    row |= {"findings": len(_told(run)), "critical": severities.count("critical")}
    return row | described(run) | {"place": 0}


def _numeric(value: Any) -> bool:
    try:
        return value is None or float(value) is not None
    except (TypeError, ValueError):
        return False


def show_runs(console: Console, runs: Sequence[RunSummary]) -> None:
    """A row for each run: what differs, state, steps, outcome, time, findings."""
    names = differing(runs)
    rows = []
    for run in runs:
        steps = f"{run.steps}/{run.of_steps}" if run.of_steps else str(run.steps)
        about = [short(described(run).get(name, "-")) for name in names]
        end = [run.state, steps, outcome(run.outcome), _duration(run.seconds), _worst([run])]
        rows.append([run.name, *about, "-" if run.seed is None else str(run.seed), *end])
    titles = ["run", *names, "seed", "state", "steps", "outcome", "time", "findings"]
    _table(console, titles, rows, [*range(len(names), 0, -1), titles.index("time"), len(names) + 1])
    measures = sorted({f"{one.measure} ({one.source})" for run in runs if (one := run.outcome)})
    console.print(f"{len(runs)} runs · outcome: {printable(', '.join(measures)) or 'none'}, 95% interval", style="dim")
    for run in runs:
        if run.state in ("failed", "stopped"):
            console.print(Text(f"{run.name} {run.state}: {printable(run.cause)}", style="dim"))


def differences(runs: Sequence[RunSummary]) -> list[str]:
    """What each run has that not all have, on one line."""
    names = differing(runs)
    return [", ".join(f"{name}={short(described(run).get(name, '-'))}" for name in names) for run in runs]


def show_groups(console: Console, groups: Sequence[Group]) -> None:
    """A row for each group: its settings, runs, outcome over seeds, findings."""
    names = list(groups[0].settings) if groups else []
    rows = []
    for one in groups:
        states = [run.state for run in one.runs]
        said = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
        rows.append([*(short(one.settings[name]) for name in names), said, outcome(one.outcome), _worst(one.runs)])
    _table(console, [*names, "runs", "outcome", "findings"], rows)
    for one in groups:
        if mixed := [name for name in differing(one.runs) if name not in names]:
            console.print(Text(f"{one.name}: its runs also differ in {', '.join(mixed)}", style="dim"))


def show_verdicts(console: Console, best: Group, verdicts: Sequence[tuple[Group, Verdict]]) -> None:
    """Each group beside the best one."""
    for k, line in enumerate(verdict_lines(best, verdicts)):
        console.print(Text(line, style="dim" if k > len(verdicts) else ""))


def verdict_lines(best: Group, verdicts: Sequence[tuple[Group, Verdict]]) -> list[str]:
    """The best group, each other one beside it, then what the verdicts rest on."""
    lines = [f"best: {best.name}, {outcome(best.outcome)}", *(f"{one.name} is {verdict}" for one, verdict in verdicts)]
    corrected = ["p with Holm's correction; each interval is for itself alone"] if len(verdicts) > 1 else []
    return [*lines, *dict.fromkeys(verdict.basis for _, verdict in verdicts), *corrected]


def show_pair(console: Console, a: Group, b: Group, verdict: Verdict) -> None:
    """b beside a: what differs, the outcomes, the verdict."""
    for title, one in (("A", a), ("B", b)):
        console.print(
            Text(f"{title}: {one.name} ({len(one.runs)} run{'s' * (len(one.runs) > 1)}), {outcome(one.outcome)}")
        )
    for name in differing([*a.runs, *b.runs]):
        sides = [", ".join(sorted({short(described(run).get(name, "-")) for run in one.runs})) for one in (a, b)]
        console.print(Text(f"   {name}: {sides[0]} | {sides[1]}"))
    console.print(Text(f"B is {verdict}", style="bold"))
    console.print(Text(verdict.basis, style="dim"))


def outcome(one: Outcome | None) -> str:
    """An outcome in few characters.

    >>> outcome(Outcome("solved", 0.5, 0.4, 0.65, "training", 8)), outcome(None)
    ('0.500 [0.400, 0.650]', '-')
    """
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]" if one else "-"


def _table(console: Console, titles: list[str], rows: list[list[str]], spare: Sequence[int] = ()) -> None:
    """A table that fits: of the `spare` columns the first ones are only named where it is too wide. Names and findings
    may fold."""
    widths = [max(cell_len(one) for one in column) for column in zip(titles, *rows, strict=True)]
    least = [min(width, _FOLDED) if k in (0, len(titles) - 1) else width for k, width in enumerate(widths)]
    kept = list(range(len(titles)))
    left_out: list[int] = []
    while sum(least[k] + 2 for k in kept) > console.width and len(left_out) < len(spare):
        left_out.append(spare[len(left_out)])
        kept.remove(left_out[-1])
    table = Table(box=None, padding=(0, 2, 0, 0))
    for k in kept:
        table.add_column(
            Text(titles[k]), no_wrap=k not in (0, len(titles) - 1), overflow="fold", min_width=min(12, least[k])
        )
    for row in rows:
        table.add_row(*(Text(row[k]) for k in kept))
    console.print(table)
    if left_out:
        console.print(Text(f"not shown: {', '.join(titles[k] for k in sorted(left_out))}", style="dim"))


def _duration(seconds: float | None) -> str:
    """
    >>> _duration(75.4), _duration(7260), _duration(None)
    ('1m 15s', '2h 01m', '-')
    """
    if seconds is None:
        return "-"
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes // 60}h {minutes % 60:02}m" if minutes >= 60 else f"{minutes}m {left:02}s"


def _told(run: RunSummary) -> list[tuple[str, str]]:
    return [(severity, check) for severity, check, _ in run.findings if severity in ("critical", "warn")]


def _worst(runs: Sequence[RunSummary]) -> str:
    """How many findings, and the worst."""
    told = sorted(one for run in runs for one in _told(run))
    return f"{len(told)}: {told[0][0]} {told[0][1]}" if told else "-"
