"""The solve rate of prompts over the steps, as a grid."""

from swift_grpo.page_kit.json_values import number
from swift_grpo.printable import question
from swift_grpo.rollouts.facts.turns import task
from swift_grpo.rollouts.index import Index, numbers

MOST_PROMPTS, MOST_COLUMNS, LABEL = 40, 60, 44


def heat(index: Index) -> dict | None:
    """The most frequent prompts, hardest first; in the run's order if none came twice. None without rewards.

    `columns` are stretches of steps ([first, last]), at most as many as a prompt has visits, so that a prompt once an
    epoch leaves no gaps. A cell is [row, column, value, completions]. `low` and `high` bound the values: 0 and 1 with
    an accuracy reward, else the lowest and the highest mean reward.
    """
    has_solved = index.query("SELECT count(solved) FROM train")[0][0] > 0
    value = "solved::INTEGER" if has_solved else "reward"
    source = f"SELECT prompt_hash, step, {value} AS value, id FROM train WHERE {value} IS NOT NULL"
    prompts = index.query(
        f"""SELECT prompt_hash, visits, mean, one, count(*) OVER () AS total FROM (
                SELECT prompt_hash, count(DISTINCT step) AS visits, avg(value) AS mean, max(id) AS one FROM ({source})
                GROUP BY prompt_hash)
            ORDER BY visits DESC, hash(prompt_hash) LIMIT {MOST_PROMPTS}"""
    )
    if not prompts:
        return None
    once = max(row[1] for row in prompts) == 1
    prompts.sort(key=lambda row: (row[3] if once else row[2], row[0]))
    row_of = {row[0]: k for k, row in enumerate(prompts)}
    cells = index.query(
        f"""SELECT prompt_hash, step, avg(value), count(*) FROM ({source})
            WHERE prompt_hash IN ({numbers(row_of)}) GROUP BY prompt_hash, step"""
    )
    columns = _columns(sorted({step for _, step, _, _ in cells}), max(row[1] for row in prompts))
    column_of = {step: k for k, stretch in enumerate(columns) for step in stretch}
    sums: dict[tuple[int, int], list[float]] = {}
    for prompt, step, mean, count in cells:
        cell = sums.setdefault((row_of[prompt], column_of[step]), [0.0, 0])
        cell[0] += mean * count
        cell[1] += count
    grid = [[row, column, number(total / n, 4), n] for (row, column), (total, n) in sorted(sums.items())]
    values = [cell[2] for cell in grid if cell[2] is not None]
    texts = index.texts(row[3] for row in prompts)
    return {
        "what": "solve rate" if has_solved else "mean reward",
        "low": 0 if has_solved else min(values, default=0),
        "high": 1 if has_solved else max(values, default=1),
        "of": prompts[0][4],
        "columns": [[stretch[0], stretch[-1]] for stretch in columns],
        "prompts": [
            {
                "p": str(row[0]),
                "label": question(task(text)[-4000:], LABEL),
                "mean": number(row[2], 4),
                "visits": row[1],
            }
            for row, text in zip(prompts, texts, strict=True)
        ],
        "cells": grid,
    }


def _columns(steps: list[int], visits: int) -> list[list[int]]:
    """Steps in equal stretches; one step each where prompts come only once."""
    count = min(len(steps), MOST_COLUMNS, visits if visits > 1 else MOST_COLUMNS)
    return [steps[k * len(steps) // count : (k + 1) * len(steps) // count] for k in range(count)]
