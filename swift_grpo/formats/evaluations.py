"""Evaluations of a run: its evals.jsonl, a line for each evaluated checkpoint, and what was measured before and after it."""

import contextlib
import math
from pathlib import Path
from typing import Any

import orjson

FILE = "evals.jsonl"
STORY = "story.json"  # of an output folder: what `swift-grpo story` measured
_MOST_BESIDE = 20


def read(run: Path) -> list[dict[str, Any]]:
    """The entries of a run's evals.jsonl; lines that are none are passed over."""
    entries = []
    with contextlib.suppress(OSError), (run / FILE).open("rb") as file:
        for line in file:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = orjson.loads(line)
                entries.append(entry | {"step": int(entry["step"]), "measures": dict(entry["measures"])})
    return entries


def keep(run: Path, questions: str, stages: dict[str, dict[str, Any]]) -> None:
    """Write STORY beside a run: the accuracy of each stage, with the ends of its interval."""
    entries = [_entry(stage, "", questions, "accuracy", measure) for stage, measure in stages.items()]
    (run.parent / STORY).write_bytes(orjson.dumps(entries))


def beside(run: Path) -> list[dict[str, Any]]:
    """What was measured before and after a run, the oldest first: STORY of its output folder, and what `swift-grpo eval`
    wrote into folders beside the run or its output folder, such as OUT/before for OUT/grpo/v0-TIME.

    A dict each: stage (the folder's name), model ("" in STORY), set, and the first measure: name, value, low, high.
    """
    found = []
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        for one in orjson.loads((run.parent / STORY).read_bytes()):
            found.append(_entry(one["stage"], one["model"], one["set"], one["name"], one))
    folders = {path for place in (run.parent, run.parent.parent) for path in place.glob("*/*/summary.json")}
    for path in sorted(folders, key=lambda path: path.stat().st_mtime)[:_MOST_BESIDE]:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, StopIteration):
            summary = orjson.loads(path.read_bytes())
            name, measure = next(iter(summary["measures"].items()))
            model = str(summary["model"]).split(" --")[0]
            found.append(_entry(path.parent.parent.name, model, summary["set"], name, measure))
    return found


def _entry(stage: str, model: str, questions: str, name: str, measure: dict[str, Any]) -> dict[str, Any]:
    named = {"stage": str(stage), "model": str(model), "set": str(questions), "name": str(name)}
    values = {end: float(measure[end]) for end in ("value", "low", "high")}
    if not all(map(math.isfinite, values.values())):
        raise ValueError("not a number")
    return named | values
