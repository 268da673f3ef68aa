"""Published figures to compare with ours, and the settings in which they differ."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from swift_grpo.evaluation.set_summary import measures_of, plain

# The settings that each source states, None if it does not. DeepSeek: "64 responses per query"; open-r1: 4 to 64.
SETTINGS: dict[str, dict[str, Any]] = {
    "DeepSeek": {"n": 64, "temperature": 0.6, "top_p": 0.95, "max_tokens": 32768, "prompt": None, "grader": None},
    "open-r1": {
        "n": {"aime24": 64, "math_500": 4, "gpqa_diamond": 8},
        "temperature": 0.6,
        "top_p": 0.95,
        "max_tokens": 32768,
        "prompt": "LightEval's",
        "grader": "LightEval's",
    },
}


@dataclass(frozen=True)
class Published:
    """One figure; `value` is a share from 0 to 1."""

    model: str
    benchmark: str
    source: str
    value: float


def figures() -> list[Published]:
    """All figures of published.tsv, which names the commits that they come from.

    >>> [one.value for one in figures() if one.model.endswith("Qwen-1.5B") and one.benchmark == "math_500"]
    [0.839, 0.831]
    """
    text = (files("swift_grpo.evaluation") / "published.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader((line for line in text.splitlines() if not line.startswith("#")), delimiter="\t")
    return [
        Published(row["model"], row["benchmark"], source, round(float(row[source]) / 100, 4))
        for row in rows
        for source in SETTINGS
    ]


def differing(benchmark: str, source: str, ours: Mapping[str, Any]) -> list[str]:
    """Our settings that the source does not share or does not state, in words.

    >>> differing("math_500", "open-r1", {"n": 8, "temperature": 0.6, "prompt": "evalscope's"})
    ['n 8, theirs 4', "prompt evalscope's, theirs LightEval's"]
    """
    found = []
    for name, mine in ours.items():
        theirs = SETTINGS[source].get(name)
        theirs = theirs.get(benchmark) if isinstance(theirs, dict) else theirs
        if theirs != mine:
            found.append(f"{name} {mine}, theirs {'not stated' if theirs is None else theirs}")
    return found


def markdown(summaries: Sequence[Mapping[str, Any]], disagreements: int, limit: int) -> str:
    """Our figures and evalscope's with intervals, the published figures, and how the settings differ."""
    lines = [f"# {plain(summaries[0]['model'])}", ""]
    if limit:
        lines += [f"Only the first {limit} questions of each benchmark: not comparable with published figures.", ""]
    lines += [
        "| benchmark | questions | samples | our grader, 95% | evalscope's, 95% |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in summaries:
        ours, theirs = (
            measures_of(dict(one))[name] for name in (f"mean@{one['parameters']['n']}", "evalscope's verdict")
        )
        cells = [f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}]" for value in (ours, theirs)]
        lines.append(f"| {one['set']} | {ours.questions} | {one['parameters']['n']} | {' | '.join(cells)} |")
    total = sum(one["numbers"]["samples"] for one in summaries)
    lines += [
        "",
        f"The two graders disagree on {disagreements} of {total} answers, listed in `disagreements.jsonl`.",
        "",
    ]
    lines += [
        "## Published",
        "",
        "| model | benchmark | source | pass@1 | ours differs in |",
        "| --- | --- | --- | --- | --- |",
    ]
    by_set = {one["set"]: one["parameters"] for one in summaries}
    for figure in figures():
        if figure.benchmark in by_set:
            settings = {name: by_set[figure.benchmark][name] for name in ("n", "temperature", "top_p", "max_tokens")}
            ours_is = settings | {"prompt": "evalscope's", "grader": "ours and evalscope's"}
            unlike = "; ".join(differing(figure.benchmark, figure.source, ours_is))
            lines.append(f"| {figure.model} | {figure.benchmark} | {figure.source} | {figure.value:.3f} | {unlike} |")
    return "\n".join([*lines, ""])
