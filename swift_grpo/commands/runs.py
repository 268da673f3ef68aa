"""`swift-grpo runs …`. Imports nothing but typer, so that `--help` answers at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swift_grpo.commands.terminal import JSON, console, defaults_to, group, print_json, say

if TYPE_CHECKING:
    from swift_grpo.evaluation.runs.groups import Group
    from swift_grpo.evaluation.runs.reading import RunSummary

app = group(
    "List several runs, compare settings over seeds.\n\n`swift-grpo runs FOLDERS` is short for `runs list FOLDERS`.",
    defaults_to("list", alone=True),
)
FOLDERS = Annotated[list[Path] | None, typer.Argument(metavar="FOLDER", help="Folders with runs at or below them.")]
WHERE = Annotated[str, typer.Option(help="Only these runs: NAME=VALUE, or a condition in DuckDB's SQL.")]
BY = Annotated[str, typer.Option(help="Group by these settings: learning_rate,beta.")]


@app.command("list")
def list_(
    folders: FOLDERS = None,
    sort: Annotated[str, typer.Option(help="Sort by a column: outcome, steps, beta; -outcome: highest first.")] = "",
    where: WHERE = "",
    by: BY = "",
    as_json: JSON = False,
) -> None:
    """List runs: what differs, state, outcome, findings.

    The outcome is the newest evaluation of the run's own checkpoints, else the mean of the last fifth of its training.
    With --by, one row for each group, and the outcome is over its runs. Default folder: output.

    Examples:
      swift-grpo runs output --sort -outcome
      swift-grpo runs output --where "beta = 0 and critical = 0"
      swift-grpo runs output/sweep --by learning_rate
    """
    from swift_grpo.evaluation.runs import text

    runs = text.chosen(_found(folders), where, sort)
    groups = _groups(runs, by) if by else []
    if as_json:
        print_json([_group_values(one) for one in groups] if by else [text.as_values(run) for run in runs])
    elif by:
        text.show_groups(console(), groups)
    else:
        text.show_runs(console(), runs)


@app.command()
def diff(folders: FOLDERS = None, by: BY = "", where: WHERE = "", as_json: JSON = False) -> None:
    """Compare two folders of runs, or the groups in some folders.

    Two folders A and B: says whether B is better than A, worse, or not different. With --by, or another number of
    folders: each group against the best one. Uses evaluations of the same questions where every run has one, else the
    last fifth of the training. `inspect diff` compares two logs prompt by prompt.

    Examples:
      swift-grpo runs diff output/base output/hot
      swift-grpo runs diff output/sweep --by learning_rate
    """
    from dataclasses import asdict

    from swift_grpo.evaluation.runs import text
    from swift_grpo.evaluation.runs.compare import against_best, compare
    from swift_grpo.evaluation.runs.groups import Group, finished

    if not by and folders and len(folders) == 2:
        sides = [Group(str(one), {}, text.chosen(_found([one]), where, "")) for one in folders]
        a, b = (finished(one, say) for one in sides)
        verdict = compare(a, b)
        if as_json:
            print_json({"groups": [_group_values(a), _group_values(b)], "verdict": asdict(verdict)})
        else:
            text.show_pair(console(), a, b, verdict)
        return
    groups = _groups(text.chosen(_found(folders), where, ""), by)
    if len(groups) < 2:
        raise ValueError("there is one group of runs, which differ in nothing but the seed; name two folders, or --by")
    groups = [finished(one, say) for one in groups]
    best, verdicts = against_best(groups)
    if as_json:
        values = {"best": best.name, "verdicts": {one.name: asdict(verdict) for one, verdict in verdicts}}
        print_json({"groups": [_group_values(one) for one in groups], **values})
    else:
        text.show_groups(console(), groups)
        text.show_verdicts(console(), best, verdicts)


@app.command()
def page(
    folders: FOLDERS = None,
    by: BY = "",
    where: WHERE = "",
    output: Annotated[Path, typer.Option("-o", "--output", help="The page to write.")] = Path("runs.html"),
) -> None:
    """Write runs or groups as one offline page.

    Verdicts, a table, each measure with mean and band over the runs of a group, findings, and the same prompt side by
    side. Groups as in `runs diff`; --by seed sets the runs of one setting apart.

    Examples:
      swift-grpo runs page output/a output/b output/c
      swift-grpo runs page output/sweep --by learning_rate -o sweep.html
    """
    from swift_grpo.evaluation.page.runs_page import page as drawn
    from swift_grpo.evaluation.runs.text import chosen

    groups = _groups(chosen(_found(folders), where, ""), by)
    if not groups:
        raise ValueError(f"--where {where}: no run is like that")
    output.write_text(drawn(groups), encoding="utf-8")
    say(f"wrote {output}")


def _found(folders: list[Path] | None) -> "list[RunSummary]":
    from swift_grpo.evaluation.runs.reading import found

    return found(folders or [Path("output")], say)


def _groups(runs: "list[RunSummary]", by: str) -> "list[Group]":
    from swift_grpo.evaluation.runs.groups import group as grouped

    return grouped(runs, [name.strip() for name in by.split(",") if name.strip()] or None)


def _group_values(group: "Group") -> dict:
    from dataclasses import asdict

    outcome = asdict(group.outcome) if group.outcome else None
    return {
        "name": group.name,
        "settings": group.settings,
        "runs": [one.name for one in group.runs],
        "outcome": outcome,
    }
