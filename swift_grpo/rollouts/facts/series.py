"""The series of a run: one row a step, from the completions and from logging.jsonl."""

from swift_grpo.formats.events import Event, reward_classes
from swift_grpo.rollouts.index import Index

_LOGGED = {
    "clipped": "completions/clipped_ratio",
    "kl": "kl",
    "entropy": "entropy/mean",
    "grad_norm": "grad_norm",
    "step_time": "step_time",
}


def series(index: Index, after: int | None = None) -> list[dict]:
    """Rows with step, completions, reward, solved, flat (share of groups without variance), right and wrong (its parts, None
    where nothing tells right from wrong), chars, one key per reward class, and what logging.jsonl has of clipped, kl, entropy,
    grad_norm and step_time. Training only. A run without completions has the rewards of logging.jsonl.
    """
    if not index.rows:
        return [
            _of_event(event)
            for event in index.events
            if event.kind == "train" and (after is None or event.step > after)
        ]
    since = "true" if after is None else f"step > {after}"
    names = index.reward_names
    means = "".join(f", avg({index.reward_column(name)})" for name in names)
    rows = index.query(
        f"""SELECT step, count(*), avg(reward), avg(solved::INTEGER), avg(chars){means} FROM train
            WHERE {since} GROUP BY step ORDER BY step"""
    )
    flat = index.query(
        f"""SELECT step, avg(flat::INTEGER), avg(CASE WHEN solved IS NOT NULL THEN (zero_std AND solved = 1)::INTEGER END),
                   avg(CASE WHEN solved IS NOT NULL THEN (zero_std AND solved = 0)::INTEGER END)
            FROM train_groups WHERE n > 1 AND {since} GROUP BY step"""
    )
    zero = {step: parts for step, *parts in flat}
    logged = {event.step: event.values for event in index.events if event.kind == "train"}
    result = []
    for step, count, reward, solved, chars, *each in rows:
        same, right, wrong = zero.get(step, (None, None, None))
        row = {"step": step, "completions": count, "reward": reward, "solved": solved, "flat": same}
        row |= {"right": right, "wrong": wrong}
        values = logged.get(step, {})
        row |= {"chars": chars, "rewards": dict(zip(names, each, strict=True))}
        row |= {name: values.get(key) for name, key in _LOGGED.items()}
        result.append(row)
    return result


def _of_event(event: Event) -> dict:
    values = event.values
    row: dict = {
        "step": event.step,
        "completions": 0,
        "reward": values.get("reward"),
        "flat": values.get("frac_reward_zero_std"),
    }
    row |= dict.fromkeys(("solved", "right", "wrong", "chars"))
    row["rewards"] = {name: values.get(f"rewards/{name}/mean") for name in reward_classes([event])}
    return row | {name: values.get(key) for name, key in _LOGGED.items()}
