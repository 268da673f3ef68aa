"""The curves of a run: one chart a subject, each a few series over the same steps."""

from collections.abc import Iterator, Sequence

import numpy as np

from swift_grpo.formats.evaluations import read
from swift_grpo.page_kit.json_values import number
from swift_grpo.rollouts.facts.accuracy import settle_accuracy
from swift_grpo.rollouts.facts.step_table import step_table
from swift_grpo.rollouts.facts.times import PARTS, times
from swift_grpo.rollouts.index import Index

MOST_POINTS = 500  # more steps are averaged, stretch by stretch
MOST_PARTS = 7  # reward classes drawn separately; the palette has eight distinguishable colours
_COLORS = ("blue", "orange", "green", "purple", "sky", "yellow", "wrong")
_COMPUTED = (
    "reward", "reward_std", "solved", "chars", "chars_right", "chars_wrong", "entropy", "flat", "all_right", "all_wrong",
    "flat_mixed",
)  # fmt: skip
_LOGGED = (
    "completions/mean_length", "completions/min_length", "completions/max_length", "completions/clipped_ratio", "kl",
    "entropy/mean", "clip_ratio/low_mean", "clip_ratio/high_mean", "clip_ratio/region_mean", "grad_norm",
)  # fmt: skip


def curves(index: Index, most: int = MOST_POINTS) -> dict:
    """`steps` (the middle of each stretch), `stretch` (steps that a point averages), `charts`, `absent` (charts that
    the log has no data for) and a `note` on what the run waits for. `most`: points of a curve.

    A chart: id, title, unit, kind (line or stack), series, more (whether it shows a logged key that no other chart
    has). A series: name, color (of the palette), values (None: not known), and for a band low and high.
    """
    settle_accuracy(index)
    steps, known = _known(index)
    charts, absent = [], []
    drawn = [*_charts(index, known), *_times(index, steps), *_evaluated(index, steps), *_evaluations(index, steps)]
    for one in [*drawn, *_others(index, steps)]:
        present = [s for s in one["series"] if np.isfinite(s["values"]).any()]
        if present:
            charts.append(one | {"series": present})
        else:
            absent.append({"title": one["title"], "needs": one["needs"]})
    stretch = max(1, -(-len(steps) // most))
    for chart in charts:
        chart.pop("needs")
        chart["series"] = [
            {k: averaged(v, stretch) if isinstance(v, np.ndarray) else v for k, v in one.items()}
            for one in chart["series"]
        ]
    measured = times(index)
    note = f"{measured.advice[0].upper()}{measured.advice[1:]}." if measured else ""
    return {
        "steps": middles(steps.tolist(), stretch),
        "stretch": stretch,
        "charts": charts,
        "absent": absent,
        "note": note,
    }


def middles(steps: Sequence[int], stretch: int) -> list[int]:
    """The middle step of each stretch."""
    parts = (steps[k : k + stretch] for k in range(0, len(steps), stretch))
    return [part[len(part) // 2] for part in parts]


def laid_over(names: list[str], runs: list[dict]) -> dict:
    """The curves of several runs on shared charts over all their steps: each run's main series, or a stack's sum; a
    chart for each reward class."""
    steps = sorted({step for run in runs for step in run["steps"]})
    place = {step: k for k, step in enumerate(steps)}
    charts: dict[str, dict] = {}
    for k, (name, run) in enumerate(zip(names, runs, strict=True)):
        for chart in _by_class(run["charts"]):
            values: list[float | None] = [None] * len(steps)
            for step, value in zip(run["steps"], _main(chart), strict=True):
                values[place[step]] = value
            unit = chart["unit"].partition("; band")[0]
            unit = f"{unit}: {_which(chart)}" if len(chart["series"]) > 1 else unit
            whole = {**chart, "unit": unit, "kind": "line", "series": [], "connect": True}
            shared = charts.setdefault(chart["id"], whole)
            shared["series"].append({"name": name, "color": _COLORS[k % len(_COLORS)], "values": values})
    stretch = max(run["stretch"] for run in runs)
    return {"steps": steps, "stretch": stretch, "charts": list(charts.values()), "absent": [], "note": ""}


def _by_class(charts: list[dict]) -> Iterator[dict]:
    for chart in charts:
        if chart["id"] == "components":
            for one in chart["series"]:
                yield {**chart, "id": f"class {one['name']}", "title": one["name"], "kind": "line", "series": [one]}
        else:
            yield chart


def _which(chart: dict) -> str:
    """The series of a chart that is shown where several runs share it."""
    return "in all" if chart["kind"] == "stack" else chart["series"][0]["name"]


def _main(chart: dict) -> list[float | None]:
    """The one series that represents a chart."""
    if chart["kind"] != "stack":
        return chart["series"][0]["values"]
    each = zip(*(one["values"] for one in chart["series"]), strict=True)
    return [None if all(v is None for v in values) else number(sum(v or 0 for v in values)) for values in each]


def _charts(index: Index, known: dict[str, np.ndarray]) -> list[dict]:
    reward, std = known["reward"], known["reward_std"]
    band = {"low": reward - std, "high": reward + std}
    accuracy = index.accuracy_name
    solved = "an accuracy reward" if accuracy is None else accuracy
    lengths = {"low": known["completions/min_length"], "high": known["completions/max_length"]}
    right_wrong = [("right answers", "right", "chars_right"), ("wrong answers", "wrong", "chars_wrong")]
    if not np.isfinite(known["chars_right"]).any() and not np.isfinite(known["chars_wrong"]).any():
        right_wrong = [("all answers", "blue", "chars")]
    entropy = known["entropy/mean"] if np.isfinite(known["entropy/mean"]).any() else known["entropy"]
    clip = [("region", "blue", "region_mean"), ("low", "orange", "low_mean"), ("high", "green", "high_mean")]
    return [
        _chart("reward", "Reward", "mean of a step's completions; band: ± std",
               [_series("mean", "blue", reward, **band)], "reward"),
        _chart("solved", "Solved", f"share of completions, by {solved}", [_series("solved", "right", known["solved"])],
               "an accuracy reward", bounds=[0, 1]),
        _chart("components", "Reward components", "mean, weighted", _components(index, known), "reward classes", "stack"),
        _chart("zero", "Groups without variance", "share of groups: no gradient", [
            _series("all right", "right", known["all_right"]), _series("all wrong", "wrong", known["all_wrong"]),
            _series("other", "grey", known["flat_mixed"])], "groups", "stack", [0, 1]),
        _chart("chars", "Length of right and wrong answers", "characters, mean",
               [_series(name, color, known[key]) for name, color, key in right_wrong], "completions"),
        _chart("tokens", "Completion length", "tokens: mean; band: shortest to longest",
               [_series("mean", "blue", known["completions/mean_length"], **lengths)], "completions/mean_length"),
        _chart("clipped", "Cut off at max_completion_length", "share of completions",
               [_series("cut off", "wrong", known["completions/clipped_ratio"])], "completions/clipped_ratio", bounds=[0, 1]),
        _chart("kl", "KL to the reference", "nats a token", [_series("kl", "blue", known["kl"])], "kl (--beta above 0)"),
        _chart("entropy", "Entropy", "nats a token", [_series("entropy", "blue", entropy)], "entropy/mean (--log_entropy true)"),
        _chart("clip", "Clip ratio", "share of tokens",
               [_series(name, color, known[f"clip_ratio/{key}"]) for name, color, key in clip], "clip_ratio/region_mean"),
        _chart("grad", "Gradient norm", "before clipping", [_series("grad_norm", "blue", known["grad_norm"])], "grad_norm"),
    ]  # fmt: skip


def _times(index: Index, steps: np.ndarray) -> list[dict]:
    """The parts of each step's time, stacked; the whole step time where the parts were not measured."""
    found = times(index)
    if not found:
        logged = _logged(index, steps, "step_time")
        return [_chart("time", "Step time", "seconds", [_series("step_time", "blue", logged)], "step_time")]
    known = set(steps.tolist())
    values = {
        name: [(s, v) for s, v in zip(found.steps, found.parts[name], strict=True) if s in known] for name in PARTS
    }
    colors = ("blue", "sky", "yellow", "wrong", "purple", "green", "grey", "orange")
    series = [_series(name, color, _placed(steps, values[name])) for name, color in zip(PARTS, colors, strict=True)]
    series = [one for one in series if np.nansum(one["values"]) > 0]
    return [_chart("time", "Where a step's time goes", "seconds", series, "step_times.jsonl", "stack")]


def _evaluated(index: Index, steps: np.ndarray) -> list[dict]:
    """The trainer's own evaluation (`eval_*`): the rewards on one chart."""
    events = [event for event in index.events if event.kind == "eval"]
    if not events:
        return []
    names = [f"eval_rewards/{name}/mean" for name in index.reward_names]
    wanted = {"eval_reward": "reward"} | dict(zip(names, index.reward_names, strict=True))
    series = [
        _series(name, color, _placed(steps, [(e.step, e.values[key]) for e in events if key in e.values]))
        for (key, name), color in zip(wanted.items(), _COLORS, strict=False)
    ]
    return [
        _chart("evaluation", "Evaluation during training", "mean on the validation set", series, "--eval_steps")
        | {"connect": True}
    ]


def _others(index: Index, steps: np.ndarray) -> list[dict]:
    """A chart for each logged key that no chart above has."""
    keys = dict.fromkeys(key for event in index.events if event.kind != "end" for key in event.values)
    shown = {*_LOGGED, "step_time", "reward", "eval_reward"} | {f"rewards/{n}/mean" for n in index.reward_names}
    return [
        _chart(f"key {key}", key, "as logged", [_series(key, "blue", _logged(index, steps, key))], key) | {"more": True}
        for key in keys
        if key not in shown
    ]


def _logged(index: Index, steps: np.ndarray, key: str) -> np.ndarray:
    return _placed(steps, [(event.step, event.values[key]) for event in index.events if key in event.values])


def _placed(steps: np.ndarray, pairs: list[tuple[int, float]]) -> np.ndarray:
    """Values at their steps, or at the nearest earlier step in the log; NaN elsewhere and for values not finite."""
    values = np.full(len(steps), np.nan)
    for step, value in pairs if len(steps) else []:
        if np.isfinite(value):
            values[max(0, int(np.searchsorted(steps, step, side="right")) - 1)] = value
    return values


def _evaluations(index: Index, steps: np.ndarray) -> list[dict]:
    """A chart for each set in the run's evals.jsonl (swift-grpo eval watch): its first measure with the 95% interval.

    An evaluation is at the step of its checkpoint, or at the nearest earlier step in the log.
    """
    drawn: dict[str, list[tuple[int, dict]]] = {}
    for entry in read(index.run.root):
        for name, measure in list(entry["measures"].items())[:1]:
            drawn.setdefault(f"{name} on {entry.get('set')}", []).append((entry["step"], measure))
    charts = []
    for name, measured in drawn.items():
        value, low, high = (
            _placed(steps, [(step, one[end]) for step, one in measured]) for end in ("value", "low", "high")
        )
        series = [_series(name, "green", value, low=low, high=high)]
        chart = _chart(
            f"eval {name}", "Evaluation", f"{name}; band: 95% interval", series, "evals.jsonl", bounds=[0, 1]
        )
        charts.append(chart | {"connect": True})
    return charts


def _chart(
    name: str, title: str, unit: str, series: list, needs: str, kind: str = "line", bounds: list | None = None
) -> dict:
    return {"id": name, "title": title, "unit": unit, "kind": kind, "bounds": bounds, "series": series, "needs": needs}


def _series(name: str, color: str, values: np.ndarray, **band: np.ndarray) -> dict:
    band = {key: array for key, array in band.items() if np.isfinite(array).any()}
    return {"name": name, "color": color, "values": values, **(band if len(band) == 2 else {})}


def _components(index: Index, known: dict[str, np.ndarray]) -> list[dict]:
    """The classes with the largest values separately, and the sum of the rest."""
    names, weights = index.reward_names, index.run.args.get("reward_weights")
    weights = weights if isinstance(weights, list) and len(weights) == len(names) else [1.0] * len(names)
    parts = [(name, known[f"mean/{name}"] * weight) for name, weight in zip(names, weights, strict=True)]
    parts.sort(key=lambda part: -np.abs(np.nan_to_num(part[1])).sum())
    series = [_series(name, color, values) for (name, values), color in zip(parts, _COLORS, strict=False)]
    if rest := parts[MOST_PARTS:]:
        series.append(_series(f"{len(rest)} others", "grey", np.nansum([values for _, values in rest], axis=0)))
    return series


def _known(index: Index) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Steps, and their values as arrays of the same length; NaN where a value is not known."""
    table, logged = step_table(index), [event for event in index.events if event.kind == "train"]
    steps = np.array(sorted({*table.steps, *(event.step for event in logged)}), dtype=int)
    known = table.over(steps, [*_COMPUTED, *(f"mean/{name}" for name in index.reward_names)])
    if not index.knows_right:
        known |= dict.fromkeys(("all_right", "all_wrong"), 0 * known["flat"])
    known |= {key: _placed(steps, [(e.step, e.values[key]) for e in logged if key in e.values]) for key in _LOGGED}
    for array in known.values():
        array[~np.isfinite(array)] = np.nan
    return steps, known


def averaged(values: np.ndarray, stretch: int) -> list[float | None]:
    """Means of the known values in each stretch; None where there are none."""
    padded = np.concatenate([values, np.full(-len(values) % stretch, np.nan)]).reshape(-1, stretch)
    means = np.ma.masked_invalid(padded).mean(axis=1).filled(np.nan) if len(padded) else padded
    return [number(value) for value in means.tolist()]
