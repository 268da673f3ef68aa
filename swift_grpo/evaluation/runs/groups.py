"""Runs as groups: those that differ in nothing but the seed, or that share the values of some settings."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from swift_grpo import stats
from swift_grpo.evaluation.runs.reading import Outcome, RunSummary
from swift_grpo.rollouts.facts import configuration

FLOOR = 0.25


@dataclass(frozen=True)
class Group:
    """Runs that count as one setting. `settings`: what tells the group from the others of the same call."""

    name: str
    settings: dict[str, str]
    runs: list[RunSummary]

    @cached_property
    def outcome(self) -> Outcome | None:
        """Each run's evaluation if all have the same one, else its training; over seeds where there are two runs or
        more. None if they share no measure."""
        for each in ([run.outcome for run in self.runs], [run.training for run in self.runs]):
            known = [one for one in each if one]
            if len(known) == len(each) and len({(one.measure, one.source) for one in known}) == 1:
                return over_seeds(known)
        return None


def over_seeds(outcomes: Sequence[Outcome]) -> Outcome:
    """The mean of the runs with a t interval; that of a single run is its own."""
    if len(outcomes) == 1:
        return outcomes[0]
    mean = statistics.fmean(one.value for one in outcomes)
    half = stats.t_quantile(len(outcomes)) * math.sqrt(variance(outcomes) / len(outcomes))
    low, high = (max(mean - half, 0.0), min(mean + half, 1.0)) if bounded(outcomes) else (mean - half, mean + half)
    return Outcome(outcomes[0].measure, mean, low, high, "seeds", len(outcomes))


def bounded(outcomes: Sequence[Outcome]) -> bool:
    """Whether all are shares, 0 to 1."""
    return all(one.low >= 0 and one.high <= 1 for one in outcomes)


def variance(outcomes: Sequence[Outcome]) -> float:
    """The variance of a run's value over seeds, never 0. At least a quarter of that of the sampling in each run: seeds
    that agree by chance do not make a mean certain, and more would hide differences (benchmarks/runs/seeds.py)."""
    sampling = statistics.fmean(one.noise**2 for one in outcomes)
    return max(statistics.variance(one.value for one in outcomes), FLOOR * sampling, 1e-12)


def described(run: RunSummary) -> dict[str, str]:
    """All that a run can be told apart by: settings, data, code, versions."""
    versions = {f"version of {name}": value for name, value in run.versions.items()}
    return {**run.settings, "data": run.data, "code": run.code, **versions}


def differing(runs: Sequence[RunSummary]) -> list[str]:
    """Names of what differs among runs, the most important first; a setting that only repeats an earlier one is left out."""
    each = [described(run) for run in runs]
    names = dict.fromkeys(name for one in each for name in one)
    columns = {name: tuple(one.get(name, "") for one in each) for name in names}
    found: dict[tuple[str, ...], str] = {}
    for name, column in columns.items():
        if len(set(column)) > 1:
            found.setdefault(column, name)
    return list(found.values())


def group(runs: Sequence[RunSummary], by: Sequence[str] | None = None) -> list[Group]:
    """Groups in order of their first run: by the values of `by`, else by everything but the seed. A name in `by` is a
    setting, `data`, `code` or `seed`; that of a recipe's variable means the setting. Raises ValueError for another."""
    names = [_known(name, runs) for name in by] if by else differing(runs)
    grouped: dict[tuple[str, ...], list[RunSummary]] = {}
    for run in runs:
        about = described(run) | {"seed": str(run.seed)}
        grouped.setdefault(tuple(about.get(name, "-") for name in names), []).append(run)
    found = []
    for values, members in grouped.items():
        settings = dict(zip(names, values, strict=True))
        label = ", ".join(f"{name}={short(value)}" for name, value in settings.items()) or "all runs"
        found.append(Group(label, settings, members))
    return found


def short(value: str) -> str:
    """A setting's value for a table or a name."""
    return configuration.text(value, longest=24)


def finished(group: Group, note: Callable[[str], None]) -> Group:
    """A group's ended runs; all of them if none has ended. `note` gets a line with what is left out or not ended."""
    ended = [run for run in group.runs if run.state == "ended"]
    others = ", ".join(f"{run.name} ({run.state})" for run in group.runs if run.state != "ended")
    if others:
        note(f"{group.name}: {'left out' if ended else 'compared although not ended'}: {others}")
    return replace(group, runs=ended or group.runs)


def _known(name: str, runs: Sequence[RunSummary]) -> str:
    known = {key for run in runs for key in described(run)} | {"seed"}
    aliases = {"DATASET": "data"}
    chosen = aliases.get(name, name if name in known else name.lower())
    if chosen not in known:
        import difflib

        near = difflib.get_close_matches(chosen, known, 3)
        raise ValueError(f"--by {name}: no run has this setting" + (f"; there is {', '.join(near)}" if near else ""))
    return chosen
