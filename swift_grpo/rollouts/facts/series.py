"""The series of a run: one row a step, from the completions and from logging.jsonl."""

from swift_grpo.rollouts.index import Index

_LOGGED = {
    "clipped": "completions/clipped_ratio",
    "kl": "kl",
    "entropy": "entropy/mean",
    "grad_norm": "grad_norm",
    "step_time": "step_time",
}


def series(index: Index, after: int | None = None) -> list[dict]:
    """Rows with step, completions, reward, solved, right and wrong (shares of groups without variance), chars, one key
    per reward class, and what logging.jsonl has of clipped, kl, entropy, grad_norm and step_time. Training only.
    """
    since = "true" if after is None else f"step > {after}"
    names = index.reward_names
    means = "".join(f", avg({index.reward_column(name)})" for name in names)
    rows = index.query(
        f"""SELECT step, count(*), avg(reward), avg(solved::INTEGER), avg(chars){means} FROM train
            WHERE {since} GROUP BY step ORDER BY step"""
    )
    flat = index.query(
        f"""SELECT step, avg((zero_std AND solved = 1)::INTEGER), avg((zero_std AND solved = 0)::INTEGER)
            FROM train_groups WHERE n > 1 AND {since} GROUP BY step"""
    )
    zero = {step: (right, wrong) for step, right, wrong in flat}
    logged = {event.step: event.values for event in index.events if event.kind == "train"}
    result = []
    for step, count, reward, solved, chars, *each in rows:
        right, wrong = zero.get(step, (None, None))
        row = {"step": step, "completions": count, "reward": reward, "solved": solved, "right": right, "wrong": wrong}
        values = logged.get(step, {})
        row |= {"chars": chars, "rewards": dict(zip(names, each, strict=True))}
        row |= {name: values.get(key) for name, key in _LOGGED.items()}
        result.append(row)
    return result
