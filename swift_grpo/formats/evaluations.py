"""Evaluations of a run: evals.jsonl with one line per checkpoint, and the results before and after the run."""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

FILE = "evals.jsonl"
STORY = "story.json"  # in an output folder: the results of `swift-grpo story`
_MOST_BESIDE = 20


def read(run: Path) -> list[dict[str, Any]]:
    """The entries of a run's evals.jsonl; other lines are skipped."""
    entries = []
    with contextlib.suppress(OSError), (run / FILE).open("rb") as file:
        for line in file:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = orjson.loads(line)
                entries.append(entry | {"step": int(entry["step"]), "measures": dict(entry["measures"])})
    return entries


def keep(run: Path, questions: str, stages: dict[str, dict[str, Any]]) -> None:
    """Write STORY next to a run: the accuracy of each stage with the ends of its interval."""
    entries = [_entry(stage, "", questions, "accuracy", measure) for stage, measure in stages.items()]
    (run.parent / STORY).write_bytes(orjson.dumps(entries))


def beside(run: Path) -> list[dict[str, Any]]:
    """The results before and after a run, the oldest first: from STORY, and from `swift-grpo eval` folders next to the
    run or its output folder, such as OUT/before for OUT/grpo/v0-TIME.

    Each is a dict: stage (the folder's name), model ("" in STORY), set, and the first measure: name, value, low, high.
    """
    found = []
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        for one in orjson.loads((run.parent / STORY).read_bytes()):
            found.append(_entry(one["stage"], one["model"], one["set"], one["name"], one))
    for path, summary in _summaries(run, "*/*/summary.json")[:_MOST_BESIDE]:
        with contextlib.suppress(ValueError, KeyError, TypeError, StopIteration):
            name, measure = next(iter(summary["numbers"]["measures"].items()))
            model = str(summary["model"]).split(" --")[0]
            found.append(_entry(path.parent.parent.name, model, summary["set"], name, measure))
    return found


def of_checkpoints(run: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Folder and summary of evaluations that may be of a run's checkpoints: those of `eval watch`, and those beside it."""
    for path, summary in _summaries(run, "*/*/summary.json", "eval/*/*/summary.json", "evals/*/*/summary.json"):
        if str(summary.get("model")).startswith("checkpoint-"):
            yield path.parent, summary


def _summaries(run: Path, *patterns: str) -> list[tuple[Path, dict[str, Any]]]:
    """The summary.json files in a run's folder, its output folder and the one above, the oldest first."""
    found = {path for place in (run, run.parent, run.parent.parent) for one in patterns for path in place.glob(one)}
    summaries = []
    for path in sorted(found, key=lambda path: path.stat().st_mtime):
        with contextlib.suppress(OSError, ValueError):
            summary = orjson.loads(path.read_bytes())
            summaries += [(path, summary)] if isinstance(summary, dict) else []
    return summaries


def _entry(stage: str, model: str, questions: str, name: str, measure: dict[str, Any]) -> dict[str, Any]:
    named = {"stage": str(stage), "model": str(model), "set": str(questions), "name": str(name)}
    values = {end: float(measure[end]) for end in ("value", "low", "high")}
    if not all(map(math.isfinite, values.values())):
        raise ValueError("not a number")
    return named | values
