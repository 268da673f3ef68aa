"""Each prompt's solve rate over the run."""

from swift_grpo.rollouts.facts.accuracy import settle_accuracy
from swift_grpo.rollouts.facts.turns import task
from swift_grpo.rollouts.index import Index

ORDERS = {
    "worst": "avg(solved), min(step)",
    "best": "avg(solved) DESC, min(step)",
    "change": "last(solved ORDER BY step) - first(solved ORDER BY step), min(step)",
    "often": "count(*) DESC, min(step)",
}


def histories(index: Index, order: str, count: int) -> list[dict]:
    """Prompts with their solve rates (or mean rewards) by step, oldest first. Raises ValueError."""
    if order not in ORDERS:
        raise ValueError(f"--sort {order}: must be one of {', '.join(ORDERS)}")
    settle_accuracy(index)
    rows = index.query(
        f"""SELECT list(step ORDER BY step), list(solved ORDER BY step), sum(n), max(id) FROM (
                SELECT prompt_hash, step, coalesce(avg(solved::INTEGER), avg(reward)) AS solved, count(*) AS n, max(id) AS id
                FROM train GROUP BY prompt_hash, step)
            GROUP BY prompt_hash HAVING avg(solved) IS NOT NULL ORDER BY {ORDERS[order]} LIMIT {int(count)}"""
    )
    texts = index.texts(row[3] for row in rows)
    return [
        {"prompt": task(text), "steps": steps, "solved": solved, "completions": int(n), "last_id": one}
        for (steps, solved, n, one), text in zip(rows, texts, strict=True)
    ]
