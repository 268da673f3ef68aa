"""Runs or groups of runs as one offline page: verdicts, table, curves with bands, findings, prompts side by side."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np

from swift_grpo.evaluation.runs import text
from swift_grpo.evaluation.runs.compare import against_best
from swift_grpo.evaluation.runs.groups import Group, finished
from swift_grpo.evaluation.runs.reading import Outcome, RunSummary
from swift_grpo.page_kit.json_values import dumps, number
from swift_grpo.page_kit.page import asset, drawn
from swift_grpo.rollouts.facts.browse import tabulate
from swift_grpo.rollouts.facts.compare import newcombe, rates
from swift_grpo.rollouts.facts.curves import averaged, curves, laid_over, middles
from swift_grpo.rollouts.facts.reasons import Reasons
from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.page.group_sample import last_of

_OWN, _INSPECTOR = "swift_grpo.evaluation.page", "swift_grpo.rollouts.page"
_SECTIONS = {"runs": "Runs", "curves": "Curves", "findings": "Findings", "prompts": "Prompts"}
_MOST_POINTS, _MOST_VALUES = 120, 150_000  # of a curve, so that lines can be told apart; of all; more are averaged
_MOST_PROMPTS, _PROMPT_BYTES, _BATCH = 400, 2_500_000, 20  # with their texts; a batch is read at once
_COMPLETIONS, _LONGEST = 4, 2_000  # of a prompt's last visit in a run; characters of a text
_LONGEST_NAME = 60
_OF_A_VISIT = ("g", "step", "n", "mean", "std", "solved", "outcome", "flat", "gold", "members")


def page(groups: Sequence[Group]) -> str:
    """The page, which opens from disk without a network."""
    scripts = [asset("charts.js"), asset("texts.js", _INSPECTOR), asset("runs.js", _OWN)]
    style = asset("report.css", _INSPECTOR) + asset("runs.css", _OWN)
    return drawn("Runs", _SECTIONS, asset("runs.html", _OWN), scripts, dumps(data(groups)), style=style)


def data(groups: Sequence[Group]) -> dict[str, Any]:
    """The page's data as plain values. Runs are in the groups' order; `group` is a place in `groups`."""
    groups = list(map(_with_short_name, groups))
    runs = [run for group in groups for run in group.runs]
    owner = [k for k, group in enumerate(groups) for _ in group.runs]
    with ExitStack() as opened:
        indexes = [opened.enter_context(Index(run.run)) for run in runs]
        about = zip(map(_run, runs), text.differences(runs), owner, indexes, strict=True)
        return {
            "verdicts": _verdicts(groups),
            "groups": [{"name": group.name, "outcome": _outcome(group.outcome)} for group in groups],
            "runs": [one | {"differs": d, "group": k, "rewards": i.reward_names} for one, d, k, i in about],
            "curves": _curves(indexes, owner),
            "prompts": _prompts(indexes, owner),
        }


def _with_short_name(group: Group) -> Group:
    """A name of many settings is too long for a legend: then the first run names the group."""
    more = f" and {len(group.runs) - 1} more" if len(group.runs) > 1 else ""
    return replace(group, name=group.runs[0].name + more) if len(group.name) > _LONGEST_NAME else group


def _run(run: RunSummary) -> dict[str, Any]:
    plain = {key: getattr(run, key) for key in ("name", "seed", "state", "cause", "steps", "of_steps", "findings")}
    return plain | {"folder": str(run.folder), "seconds": number(run.seconds), "outcome": _outcome(run.outcome)}


def _outcome(outcome: Outcome | None) -> dict[str, Any] | None:
    if outcome is None:
        return None
    return {"measure": outcome.measure} | {key: number(getattr(outcome, key)) for key in ("value", "low", "high")}


def _verdicts(groups: Sequence[Group]) -> list[str]:
    notes: list[str] = []
    try:
        found = against_best([finished(one, notes.append) for one in groups])
    except ValueError as error:
        return [f"No verdict: {error}."]
    return text.verdict_lines(*found) + notes


def _curves(indexes: Sequence[Index], owner: Sequence[int]) -> dict[str, Any]:
    """`steps`, `stretch` and `charts` as `facts.curves.curves` has them, with the groups' series (`_series`)."""
    laid = laid_over(list(map(str, range(len(indexes)))), [curves(index, sys.maxsize) for index in indexes])
    charts, steps = [chart for chart in laid["charts"] if not chart.get("more")], laid["steps"]
    values = len(steps) * sum(len(chart["series"]) for chart in charts)
    stretch = max(1, -(-len(steps) // _MOST_POINTS), -(-values // _MOST_VALUES))
    for chart in charts:
        known = {int(one["name"]): averaged(np.array(one["values"], dtype=float), stretch) for one in chart["series"]}
        chart["series"] = list(_series(known, owner))
    return {"steps": middles(steps, stretch), "stretch": stretch, "charts": charts}


def _series(known: dict[int, list[float | None]], owner: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Each group's mean over its runs with `low` and `high`, the lowest and the highest; then its runs, `thin`."""
    several = {group for group in owner if sum(owner[run] == group for run in known) > 1}
    for group in dict.fromkeys(owner[run] for run in known):
        table = np.ma.masked_invalid([np.array(known[run], dtype=float) for run in known if owner[run] == group])
        ends = {"low": table.min(axis=0), "high": table.max(axis=0)} if group in several else {}
        lines = {"values": table.mean(axis=0), **ends}
        yield {"group": group} | {
            name: [number(v) for v in line.filled(np.nan).tolist()] for name, line in lines.items()
        }
    yield from ({"group": owner[run], "thin": True, "values": known[run]} for run in known if owner[run] in several)


def _prompts(indexes: Sequence[Index], owner: Sequence[int]) -> dict[str, Any]:
    """Prompts that every group has met: `in_common` (how many), and `rows` with solve rates over the whole run and
    texts of the last visits, the surest difference between two groups first, until the budget of bytes is used up."""
    met: dict[int, dict[int, list[int]]] = {}  # by prompt and group: solved and judged completions
    for group, index in zip(owner, indexes, strict=True):
        tabulate(index)
        for prompt, (solved, judged, _) in rates(index).items():
            before = met.setdefault(prompt, {}).setdefault(group, [0, 0])
            before[:] = before[0] + solved, before[1] + judged
    common = {prompt: [by[k] for k in sorted(by)] for prompt, by in met.items() if len(by) == len(set(owner))}
    order = sorted(common, key=lambda prompt: -_apart(common[prompt])[0])
    reasons, rows, size = [Reasons(1.0) for _ in indexes], [], 0
    for start in range(0, min(len(order), _MOST_PROMPTS), _BATCH):
        batch = order[start : start + _BATCH]
        read = [last_of(index, batch, why, _LONGEST) for index, why in zip(indexes, reasons, strict=True)]
        visits = [{int(group["p"]): group for group in groups} for groups in read]
        for prompt in batch:
            rows.append(_row(common[prompt], [groups.get(prompt) for groups in visits]))
            size += len(dumps(rows[-1]).encode())
            if size > _PROMPT_BYTES:
                return {"in_common": len(common), "rows": rows[:-1]}
    return {"in_common": len(common), "rows": rows}


def _apart(counts: Sequence[list[int]]) -> tuple[float, float]:
    """The difference between the highest and the lowest rate of two groups: the low end of its interval, and itself."""
    known = sorted((one for one in counts if one[1]), key=lambda one: one[0] / one[1])
    if len(known) < 2:
        return -1.0, 0.0
    (a, n), (b, m) = known[0], known[-1]
    return newcombe(a, n, b, m)[0], b / m - a / n


def _row(counts: list[list[int]], visits: Sequence[dict[str, Any] | None]) -> dict[str, Any]:
    def of(visit: dict[str, Any]) -> dict[str, Any]:
        return {key: visit[key] for key in _OF_A_VISIT} | {"members": visit["members"][:_COMPLETIONS]}

    about = {key: next(filter(None, visits))[key] for key in ("p", "question", "prompt", "gold")}
    return about | {"rates": counts, "apart": number(_apart(counts)[1], 3), "runs": [v and of(v) for v in visits]}
