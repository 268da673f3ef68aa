"""The curves of a run by measure, for pages that draw several runs."""

import math

from swift_grpo.evaluation.runs.reading import RunSummary
from swift_grpo.formats import evaluations
from swift_grpo.rollouts.facts.accuracy import settle_accuracy
from swift_grpo.rollouts.facts.step_table import step_rows
from swift_grpo.rollouts.index import Index

_MEASURES = ("solved", "reward", "chars", "flat", "clipped", "kl", "entropy", "grad_norm", "step_time")


def series(run: RunSummary) -> dict[str, list[tuple[int, float]]]:
    """Measure -> (step, value), ascending: the columns of `step_rows` that have values, the mean of each reward class
    as `reward/<Class>`, and the first measure of evals.jsonl as `evaluation/<set>`."""
    with Index(run.run) as index:
        settle_accuracy(index)
        rows = step_rows(index)
    points = [(f"reward/{name}", row["step"], value) for row in rows for name, value in row["rewards"].items()]
    points += [(name, row["step"], row[name]) for name in _MEASURES for row in rows]
    for entry in evaluations.read(run.folder):
        points += [
            (f"evaluation/{entry.get('set')}", entry["step"], one["value"]) for one in entry["measures"].values()
        ][:1]
    drawn: dict[str, list[tuple[int, float]]] = {}
    for name, step, value in points:
        if value is not None and math.isfinite(value):
            drawn.setdefault(name, []).append((step, value))
    return drawn
