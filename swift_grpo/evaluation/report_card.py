"""A run's report card as plain values: training, data, cost, before and after, texts, versions, commands.

The values come from the files of the run and its tools: args.json, logging.jsonl, run.json, manifests, evaluations.
`missing` names what is not there.
"""

import json
import statistics
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from swift_grpo.evaluation.diff import Comparison, Pair, compare_folders
from swift_grpo.evaluation.diff_text import seen, verdict
from swift_grpo.evaluation.set_summary import measures_of
from swift_grpo.formats import manifest
from swift_grpo.formats.run_files import Run, read_args
from swift_grpo.launch.command import show
from swift_grpo.rollouts.facts.curves import curves
from swift_grpo.rollouts.index import Index

_CHARTS = ("reward", "solved", "components", "zero", "tokens", "time")  # and evaluations
_TEXTS = 3  # of each direction
_SETTINGS = (
    "tuner_type", "loss_type", "learning_rate", "num_generations", "max_completion_length", "temperature", "beta",
    "reward_funcs", "reward_weights", "seed",
)  # fmt: skip
_DEEPEST = 10  # stages that are followed back


def card(index: Index, before: Path | None = None, after: Path | None = None) -> dict[str, Any]:
    """The card's values, ready for JSON.

    Keys: name, stages (of training, first to last), data (files, first to last), curves, comparisons (one per set),
    cost, versions, commands, missing (what is not known, in words). `before` and `after` are folders of `swift-grpo
    eval`; they default to the first and the last checkpoint that `eval watch` evaluated. Raises ValueError for
    evaluations that cannot be compared, and OSError.
    """
    run = index.run
    missing: list[str] = []
    stages = [_stage(folder, args) for folder, args in reversed(list(lineage(run.root)))]
    data = [
        entry for stage in stages for file in stage["datasets"] for entry in _data(Path(file.split("#")[0]), missing)
    ]
    launches = _launches(run, missing)
    return {
        "name": f"{run.root.parent.name}/{run.root.name}",
        "stages": stages,
        "data": list({entry["file"]: entry for entry in data}.values()),
        "curves": _curves(index),
        "comparisons": [_compared(one) for one in comparisons(run.root, before, after, missing)],
        "cost": _cost(index, launches, missing),
        "versions": launches[-1].get("versions", {}) if launches else {},
        "commands": [show(command) for command in (launches[-1].get("commands", []) if launches else [])],
        "missing": missing,
    }


def lineage(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Folders with their args.json, from a run back to the checkpoint it started from, and so on to the base model."""
    for _ in range(_DEEPEST):
        args = read_args(folder)
        if not args.get("model"):  # scripts/small_model.sh writes one with only type and template
            return
        yield folder, args
        folder = Path(str(args.get("model") or ""))


def _stage(folder: Path, args: dict[str, Any]) -> dict[str, Any]:
    datasets = args.get("dataset") or []
    kind = args.get("rlhf_type")
    return {
        "what": str(kind).upper() if kind else "supervised fine-tuning",
        "folder": str(folder),
        "model": str(args.get("model")),
        "datasets": [str(name) for name in (datasets if isinstance(datasets, list) else [datasets])],
        "settings": {n: _text(args[n]) for n in _SETTINGS if args.get(n) is not None and (kind or n in _SFT)},
    }


_SFT = ("tuner_type", "learning_rate", "seed")


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _data(file: Path, missing: list[str]) -> list[dict[str, Any]]:
    """What the manifests say about a file and its sources, the first source first."""
    if not file.is_file():
        missing.append(f"{file.name}: the file is not here now, so its stages are not known")
        return []
    beside = {_key(one["output"]): one for one in _manifests(file)}
    wanted = _key(manifest.describe(file))
    chain: list[dict] = []
    while wanted in beside and len(chain) < _DEEPEST:
        one = beside[wanted]
        counts = {name: int(count) for name, count in one["counts"].items()}
        chain.append({"file": one["output"]["name"], "made_by": one["made_by"], "counts": counts})
        wanted = _key(one["sources"][0])
    if not chain:
        missing.append(f"{file.name}: it has no manifest, or was changed since; `swift-grpo data prepare` writes one")
    return chain[::-1]


def _key(described: dict[str, Any]) -> tuple[Any, Any]:
    """Name and hash: a stage that removes nothing writes the same bytes under another name."""
    return described.get("name"), described.get("sha256")


def _manifests(file: Path) -> Iterator[dict[str, Any]]:
    """Manifests in a file's folder and the folders next to it. Sources are found by their hash."""
    for path in sorted(file.resolve().parent.parent.glob("*/*.manifest.json")):
        try:
            one = json.loads(path.read_bytes())
            one["output"]["sha256"], one["sources"][0], one["counts"].items(), one["made_by"]
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            continue
        yield one


def _curves(index: Index) -> dict[str, Any]:
    drawn = curves(index)
    chosen = [c for c in drawn["charts"] if c["id"] in _CHARTS or c["id"].startswith("eval")]
    return {"steps": drawn["steps"], "stretch": drawn["stretch"], "charts": chosen}


def comparisons(run: Path, before: Path | None, after: Path | None, missing: list[str]) -> list[Comparison]:
    """After compared with before, on each set that both evaluated."""
    if not (before and after):
        known = sorted(run.glob("evals/checkpoint-*/*/summary.json"), key=lambda p: int(p.parts[-3].split("-")[1]))
        folders = list(dict.fromkeys(path.parents[1] for path in known))
        before, after = before or (folders[0] if folders else None), after or (folders[-1] if folders else None)
    if not (before and after) or before == after:
        missing.append(
            "before and after: not evaluated; `swift-grpo eval` twice, and --before and --after name the folders"
        )
        return []
    return list(compare_folders(before, after).values())


def _compared(one: Comparison) -> dict[str, Any]:
    sides = [measures_of(side.summary) for side in (one.a, one.b)]
    rows = []
    for name, found in one.measures.items():
        values = [[side[name].value, side[name].low, side[name].high] if name in side else None for side in sides]
        gain = {"by": [found.value, found.low, found.high], "p": found.p}
        rows.append({"name": name, "before": values[0], "after": values[1], **gain})
    texts = [side.texts() for side in (one.a, one.b)]
    gains = sorted(one.pairs, key=lambda pair: -pair.gain)
    ends = {"better": gains[:_TEXTS], "worse": gains[: -_TEXTS - 1 : -1]}
    return {
        "set": str(one.a.summary["set"]),
        "questions": len(one.pairs),
        "verdict": verdict(one).replace("B is", "After is"),
        "power": seen(one),
        "measures": rows,
        "better": [_shown(pair, texts) for pair in ends["better"] if pair.gain > 0],
        "worse": [_shown(pair, texts) for pair in ends["worse"] if pair.gain < 0],
    }


def _shown(pair: Pair, texts: list[dict[tuple[str, int], str]]) -> dict[str, Any]:
    """The question with one text per side: the first that has the side's verdict."""
    wanted, sides = (0.0, 1.0) if pair.gain > 0 else (1.0, 0.0), []
    for question, verdict_of, known in zip((pair.a, pair.b), wanted, texts, strict=True):
        chosen = next((one for one in question.samples if one.verdict == verdict_of), question.samples[0])
        sides.append({"reason": chosen.reason, "text": known.get((question.prompt_id, chosen.index), "")})
    return {"question": pair.a.question, "gold": str(pair.a.gold), "rates": [pair.rate_a, pair.rate_b], "sides": sides}


def _launches(run: Run, missing: list[str]) -> list[dict[str, Any]]:
    """run.json of the starts that made a run's folders, where it is there."""
    found = run.launches()
    if {} in found:
        missing.append("a folder has no run.json of its start (swift-grpo launch writes it): hours, versions, commands")
    return [one for one in found if one]


def _cost(index: Index, launches: list[dict[str, Any]], missing: list[str]) -> dict[str, Any]:
    """hours (of all starts), steps, seconds_a_step (median), completions, tokens (generated, from the log)."""
    completions, first, last = index.query("SELECT count(*), min(step), max(step) FROM train")[0]
    counts = dict(index.query("SELECT step, count(*) FROM train GROUP BY step"))
    logged = [event for event in index.events if event.kind == "train"]
    lengths = {e.step: e.values["completions/mean_length"] for e in logged if "completions/mean_length" in e.values}
    times = [event.values["step_time"] for event in logged if "step_time" in event.values]
    over = [one for one in launches if "ended" in one]
    if len(over) < len(launches):
        missing.append("hours: a start has not ended, or was killed before it recorded its end")
    return {
        "hours": sum(_hours(one) for one in over) if over else None,
        "steps": 0 if first is None else last - first + 1,
        "seconds_a_step": statistics.median(times) if times else None,
        "completions": completions,
        "tokens": round(sum(n * lengths[step] for step, n in counts.items() if step in lengths)) if lengths else None,
    }


def _hours(launch: dict[str, Any]) -> float:
    """Hours between the two times in a run.json.

    >>> _hours({"started": "2026-01-01T00:00:00+0000", "ended": "2026-01-01T01:30:00+0000"})
    1.5
    """
    begun, ended = (datetime.strptime(launch[name], "%Y-%m-%dT%H:%M:%S%z") for name in ("started", "ended"))
    return (ended - begun).total_seconds() / 3600
