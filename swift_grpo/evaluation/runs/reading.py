"""Reads the runs below some folders: what each was started with, how it ended, and what it reached."""

import contextlib
import hashlib
import math
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from swift_grpo import stats
from swift_grpo.evaluation import set_summary
from swift_grpo.formats import evaluations
from swift_grpo.formats.foreign_logs import scalars_alone, steps_of
from swift_grpo.formats.run_files import LOG, SCALARS, Run, chain, find_run
from swift_grpo.printable import printable
from swift_grpo.rollouts.facts import configuration
from swift_grpo.rollouts.facts.accuracy import settle_accuracy
from swift_grpo.rollouts.facts.step_table import step_rows
from swift_grpo.rollouts.index import Index
from swift_grpo.sampling.servers import named

_TAIL_BYTES = 1 << 16
_FRESH_SECONDS = 600  # a log that was written to since then is still being written
_PARTS = re.compile("checkpoint-.*|evals|launches|completions|runs|.*\\.cache")  # folders of a run that hold no run
_OF_STEPS = re.compile(rb'"(?:global_step/max_steps|iteration)": *"\d+/(\d+)"')


@dataclass(frozen=True)
class Outcome:
    """What a run or a group reached, with its 95% interval. `source`: evaluation (of the run's own checkpoint),
    training (mean of the last fifth of its steps), or seeds (a group). `unit_count`: questions, steps or runs. `noise`:
    the value's standard error by sampling alone, which is the least that seeds differ by."""

    measure: str
    value: float
    low: float
    high: float
    source: str
    unit_count: int
    noise: float = 0.0


@dataclass(frozen=True)
class RunSummary:
    """One run. `folder`: its newest vN folder; `run`: all of a chain that resumed; `name`: what tells it apart.

    `state`: running, ended, failed or stopped; `cause`: why, in the launcher's words. `of_steps`: max_steps. `seconds`:
    of all steps. `settings`: args.json without seeds, places and what changes on every start. `data`, `code`: hashes at
    the start, else names. `outcome`: the newest evaluation if there is one, else `training`. `evaluated`: the folders
    of the evaluations of its checkpoints, oldest checkpoint first.
    """

    name: str
    folder: Path
    run: Run
    state: str
    cause: str
    steps: int
    of_steps: int | None
    seconds: float | None
    seed: int | None
    settings: dict[str, str]
    data: str
    code: str
    versions: dict[str, str]
    outcome: Outcome | None
    training: Outcome | None
    evaluated: list[Path] = field(default_factory=list)
    findings: list[tuple[str, str, str]] = field(default_factory=list)  # severity, check, title; worst first


def _to_stderr(line: str) -> None:
    print(f"swift-grpo: {printable(line)}", file=sys.stderr)


def found(folders: Sequence[Path], note: Callable[[str], None] = _to_stderr) -> list[RunSummary]:
    """Every GRPO run at or below the folders, in order of their names. A chain that resumed in one output folder is one
    run. `note` gets a line for each that cannot be read, each folder without a run, and for trainings of other kinds.
    Raises ValueError for a folder that is not there, and without a run in any."""
    runs: list[Run] = []
    others, notes, summaries = 0, [], []
    for folder in folders:
        if not folder.exists():
            raise ValueError(f"{folder} is not there")
        listed = list(_runs_below(folder))
        others += listed.count(None)
        runs += [run for run in listed if run]
        notes += [] if any(listed) else [f"{folder}: no GRPO run there or below"]
    resumed = {log for run in runs for log in run.logs[:-1] if log.parent.parent == run.root.parent}
    kept = {run.logs[-1]: run for run in runs if run.logs[-1] not in resumed}.values()
    for name, run in zip(_names([run.root for run in kept]), kept, strict=True):
        try:
            summaries.append(read(run, name))
        except (ValueError, OSError) as error:
            notes.append(f"{name} is left out: {error}")
    if others:
        notes.append(f"{others} trainings without completions or rewards are left out, such as supervised fine-tuning")
    if not summaries:
        raise ValueError("; ".join(notes))
    for line in notes:
        note(line)
    return sorted(summaries, key=lambda one: [int(w) if w.isdigit() else w for w in re.split(r"(\d+)", one.name)])


def _runs_below(folder: Path) -> Iterator[Run | None]:
    """The runs at or below a folder; None for a training that has no completions and no reward."""
    if folder.is_file():
        yield find_run(folder)
    for place, below, files in os.walk(folder):
        here = Path(place)
        if LOG in files:
            yield chain((here / LOG).resolve())
        elif steps_of(here):
            yield find_run(here)
        elif "args.json" in files and ("logging.jsonl" in files or re.match(r"v\d+-", here.name)):
            yield find_run(here) if scalars_alone(here) else None
        below[:] = sorted(name for name in below if not _PARTS.fullmatch(name))


def _names(folders: list[Path]) -> list[str]:
    """The shortest paths that tell folders apart: without what all share, and without vN-<time> where it is the only one.

    >>> _names([Path("/o/a/v0-1"), Path("/o/b/v0-1"), Path("/o/b/v1-2")])
    ['a', 'b/v0-1', 'b/v1-2']
    """
    parents = [folder.parent for folder in folders]
    alone = [parents.count(f.parent) == 1 and re.match(r"v\d+-", f.name) for f in folders]
    paths = [folder.parent if one else folder for folder, one in zip(folders, alone, strict=True)]
    shared = Path(os.path.commonpath([path.parent for path in paths])) if paths else Path()
    return [str(path.relative_to(shared)) for path in paths]


def read(run: Run, name: str) -> RunSummary:
    """The summary of a run. Raises ValueError if its log cannot be read."""
    from swift_grpo.rollouts.diagnosis import diagnose

    with Index(run) as index:
        index.need_rows()
        findings = [(one.severity, one.check, one.title) for one in diagnose(index) if one.severity != "skipped"]
        rows, training, over = step_rows(index), _training(index), any(e.kind == "end" for e in index.events)
    launch, args, evaluated = run.launches()[-1], run.args, list(_evaluated(run))
    state, cause = _state(run, launch, over)
    known = {what: _hash(launch[what]) if launch.get(what) else "" for what in ("data", "code")}
    settings = configuration.deciding(args)
    if known["code"]:
        settings.pop("external_plugins", None)
    return RunSummary(
        name, run.root, run, state, cause,
        steps=max((row["step"] for row in rows), default=0),
        of_steps=_of_steps(run),
        seconds=_seconds(rows),
        seed=args["seed"] if isinstance(args.get("seed"), int) else None,
        settings=settings,
        data=known["data"] or configuration.text(args.get("dataset") or ""),
        code=known["code"],
        versions=launch.get("versions") or {"ms-swift": str(args.get("swift_version") or "")},
        outcome=_of_evaluation(evaluated) or training,
        training=training,
        evaluated=[folder for folder, _ in evaluated],
        findings=findings,
    )  # fmt: skip


def _hash(contents: dict[str, str]) -> str:
    """One short hash of the hashes of some files, whatever the files' places."""
    return hashlib.blake2b(" ".join(contents.values()).encode(), digest_size=4).hexdigest()


def _state(run: Run, launch: dict[str, Any], over: bool) -> tuple[str, str]:
    """The state and the cause. `over`: whether the log has the line that a finished training writes last."""
    code, cause = launch.get("exit_code"), str(launch.get("cause") or "")
    if code is not None:
        return "ended" if code == 0 else "stopped" if cause.startswith("stopped") else "failed", cause
    if over:
        return "ended", "finished"
    here = launch.get("host") == socket.gethostname() and isinstance(launch.get("pid"), int)
    fresh = time.time() - max(path.stat().st_mtime for path in run.root.iterdir()) < _FRESH_SECONDS
    if psutil.pid_exists(launch["pid"]) if here else fresh:
        return "running", ""
    return "stopped", "killed: no end was recorded, and nothing writes its log any more"


def _training(index: Index) -> Outcome | None:
    """The mean of the share of right answers, else of the reward, over the last fifth of the steps; None without one."""
    settle_accuracy(index)
    rows = step_rows(index)
    measure = "solved" if index.knows_right and any(row["solved"] is not None for row in rows) else "reward"
    last = rows[-max(1, round(len(rows) / 5)) :]
    values = [row[measure] for row in last if row[measure] is not None and math.isfinite(row[measure])]
    if not values:
        return None
    mean = stats.series_mean(values)
    low, high, noise = mean.low, mean.high, stats.noise(values)
    if low == high and measure == "solved":  # equal steps do not make a value certain: each prompt is one answer then
        prompts = "SELECT count(DISTINCT group_id) FROM train WHERE step >= ?"
        low, high = map(float, stats.wilson(mean.value, index.query(prompts, [last[0]["step"]])[0][0]))
        noise = (high - low) / 2 / stats.Z
    return Outcome(measure, mean.value, low, high, "training", len(values), noise)


def _evaluated(run: Run) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Folders and summaries of the evaluations of a run's own checkpoints, the earliest checkpoint first."""
    folders = dict.fromkeys(log.parent for log in run.logs)
    own = [path for folder in folders for path in folder.glob("checkpoint-*")]
    found: dict[Path, dict[str, Any]] = {}
    names: dict[Path, str] = {}
    for folder in folders:
        for place, summary in evaluations.of_checkpoints(folder):
            model = str(summary["model"]).split(" ")[0]
            for checkpoint in own:
                if checkpoint.name == model.partition("@")[0]:
                    names[checkpoint] = names.get(checkpoint) or named(str(checkpoint))
            if model in names.values() and summary.keys() >= {"prompts", "grader", "parameters", "numbers", "set"}:
                found[place] = summary
    yield from sorted(found.items(), key=lambda one: int(one[1]["model"].partition("@")[0].rpartition("-")[2]))


def _of_evaluation(evaluated: list[tuple[Path, dict[str, Any]]]) -> Outcome | None:
    for _, summary in reversed(evaluated):
        with contextlib.suppress(KeyError, TypeError, StopIteration):
            name, one = next(iter(set_summary.measures_of(summary).items()))
            noise = (one.high - one.low) / 2 / stats.Z
            return Outcome(f"{name} {summary['set']}", one.value, one.low, one.high, "evaluation", one.questions, noise)
    return None


def _of_steps(run: Run) -> int | None:
    """max_steps, as the log's newest lines have it."""
    with contextlib.suppress(OSError), run.logs[-1].with_name(SCALARS).open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        if found := _OF_STEPS.findall(file.read()):
            return int(found[-1])
    steps = run.args.get("max_steps")
    return steps if isinstance(steps, int) and steps > 0 else None


def _seconds(rows: list[dict]) -> float | None:
    """The time of all steps; a step that the log leaves out took as long as the one after it."""
    gaps = [row["step"] - before for row, before in zip(rows, [0, *(row["step"] for row in rows)], strict=False)]
    timed = [row["step_time"] * gap for row, gap in zip(rows, gaps, strict=True) if row["step_time"] is not None]
    return sum(timed) if timed else None
