"""The checkpoints that a run saved, their rewards, and the best one to return to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swift_grpo.formats import evaluations
from swift_grpo.rollouts.facts.step_table import step_rows
from swift_grpo.rollouts.index import Index

_FOLDER = re.compile(r"(?:checkpoint-|global_step_)(\d+)")  # of ms-swift and TRL; of verl
_NEAR = 0.02  # of the run's steps, at least five: those before a checkpoint that are averaged with it
_FEWEST = 5


@dataclass(frozen=True)
class Checkpoint:
    """One saved step. `reward` and `solved` (a share) are means over the steps just before it, `evaluation` is the
    newest one since the checkpoint before; None where the log has none. `measure` names the evaluation."""

    step: int
    path: Path
    reward: float | None
    solved: float | None
    evaluation: float | None
    measure: str = ""

    @property
    def said(self) -> str:
        """The checkpoint and its reward: `checkpoint-40, reward 0.61 there`."""
        parts = [(self.measure or "evaluation", self.evaluation), ("solved", self.solved), ("reward", self.reward)]
        known = [f"{name} {value:.3g}" for name, value in parts if value is not None]
        return self.path.name + (f", {' and '.join(known[:2])} there" if known else "")


def checkpoints(index: Index) -> list[Checkpoint]:
    """The checkpoints in the run's folders, ascending; [] where none is left on disk."""
    folders = dict.fromkeys([*(log.parent for log in index.run.logs), index.run.root])
    found: dict[int, Path] = {}
    for folder in folders:
        for path in folder.iterdir() if folder.is_dir() else ():
            if (named := _FOLDER.fullmatch(path.name)) and path.is_dir():
                found[int(named[1])] = path
    if not found:
        return []
    rows = [row for row in step_rows(index) if row["completions"] or row["reward"] is not None]
    table = np.array([[row[name] for name in ("step", "reward", "solved")] for row in rows], dtype=float).reshape(-1, 3)
    near = max(_FEWEST, int(_NEAR * len(table)))
    evaluated, listed, before = _evaluations(index), [], 0
    for step, path in sorted(found.items()):
        until = table[table[:, 0] <= step][-near:]
        measured = [one for one in evaluated if before < one[0] <= step]
        value, measure = measured[-1][1:] if measured else (None, "")
        listed.append(Checkpoint(step, path, _mean(until[:, 1]), _mean(until[:, 2]), value, measure))
        before = step
    return listed


def best(saved: Iterable[Checkpoint], before: int | None = None) -> Checkpoint | None:
    """The one to return to: the highest evaluation where two or more have one, else the highest accuracy, else the
    highest reward; the earliest of several. `before`: only those up to a step. None where no value is known."""
    fit = [one for one in saved if before is None or one.step <= before]
    for name in ("evaluation", "solved", "reward"):
        known = [one for one in fit if getattr(one, name) is not None]
        if len(known) >= min(2, len(fit)) and known:
            return max(known, key=lambda one: getattr(one, name))
    return None


def _mean(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _evaluations(index: Index) -> list[tuple[int, float, str]]:
    """Step, value and name of each evaluation, ascending: evals.jsonl's first measure, else what the trainer logged."""
    found = [
        (entry["step"], float(value["value"]), name)
        for entry in evaluations.read(index.run.root)
        for name, value in list(entry["measures"].items())[:1]
    ]
    name = next((n for n in (f"eval_rewards/{index.accuracy_name}/mean", "eval_reward") if _has(index, n)), None)
    if not found and name:
        found = [(e.step, e.values[name], name) for e in index.events if e.kind == "eval" and name in e.values]
    return sorted(one for one in found if np.isfinite(one[1]))


def _has(index: Index, key: str) -> bool:
    return any(event.kind == "eval" and key in event.values for event in index.events)
