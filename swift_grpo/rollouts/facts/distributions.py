"""Distributions of rewards and lengths at the run's start and end, and the mean reward by length."""

from collections.abc import Callable

from swift_grpo.page_kit.json_values import number
from swift_grpo.rollouts.index import Index

_BINS = 24
_FEWEST = 5  # completions for a mean
_ENDS = (("first fifth of the steps", "sky", "early"), ("last fifth", "blue", "late"))
_PART = """
    WITH steps AS (SELECT DISTINCT step FROM train),
         bounds AS (SELECT quantile_disc(step, 0.2) AS first, quantile_disc(step, 0.8) AS last FROM steps),
         part AS (SELECT reward, chars, solved, step <= first AS early, step > last AS late FROM train, bounds
                  WHERE reward IS NULL OR NOT isinf(reward))"""


def distributions(index: Index) -> list[dict]:
    """Bar charts: id, title, unit, edges (of the bins), series (name, color, values; None where a bin is empty)."""
    ends = "min(reward), max(reward), quantile_cont(chars, 0.005), quantile_cont(chars, 0.995)"
    low, high, shortest, longest = index.query(f"{_PART} SELECT {ends} FROM part")[0]
    if longest is None:
        return []
    rewards = _counts(index, "reward", low, high) if low is not None else []
    lengths = _counts(index, "chars", shortest, longest)
    answers = (("right answers", "right", "right"), ("wrong answers", "wrong", "wrong"))
    apart = answers if any(row["right"] or row["wrong"] for row in lengths) else _ENDS
    charts = [
        _chart("h-reward", "Rewards", "share of completions", low, high, rewards, _ENDS, _share),
        _chart("h-length", "Lengths", "share of completions, by characters", shortest, longest, lengths, apart, _share),
        _chart("h-paid", "Reward by length", "mean reward, by characters", shortest, longest, lengths, _ENDS, _mean),
    ]
    return [chart for chart in charts if chart["series"]]


def _counts(index: Index, name: str, low: float, high: float) -> list[dict]:
    """Counts of completions by bin, by end of the run and by verdict, with the sum of their rewards."""
    width = _width(low, high)
    place = f"least({_BINS - 1}, greatest(0, floor(({name} - {float(low)!r}) / {width!r})))::INTEGER"
    return index.dicts(
        f"""{_PART} SELECT {place} AS bin, early, late, coalesce(solved, false) AS right, coalesce(NOT solved, false) AS wrong,
                   count(*) AS n, count(reward) AS paid, sum(reward) AS total
            FROM part WHERE {name} IS NOT NULL GROUP BY ALL"""
    )


def _width(low: float, high: float) -> float:
    """Edges of the bins; where there is only one value, bins of width 1."""
    return (float(high) - float(low)) / _BINS or 1 / _BINS


def _share(rows: list[dict], total: int) -> float | None:
    return sum(row["n"] for row in rows) / total


def _mean(rows: list[dict], total: int) -> float | None:
    paid = sum(row["paid"] for row in rows)
    return sum(row["total"] or 0 for row in rows) / paid if paid >= _FEWEST else None


def _chart(
    name: str, title: str, unit: str, low: float, high: float, rows: list[dict], kinds: tuple, value: Callable
) -> dict:
    series = []
    for kind, color, flag in kinds:
        mine = [row for row in rows if row[flag]]
        total = sum(row["n"] for row in mine)
        values = (
            [number(value([row for row in mine if row["bin"] == k], total), 4) for k in range(_BINS)] if total else []
        )
        if any(one is not None for one in values):
            series.append({"name": kind, "color": color, "values": values})
    edges = [number(low + k * _width(low, high), 4) for k in range(_BINS + 1)] if series else []
    return {"id": name, "title": title, "unit": unit, "edges": edges, "series": series}
