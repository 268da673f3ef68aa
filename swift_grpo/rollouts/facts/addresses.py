"""Addresses of completions: STEP:GROUP:I, groups and completions of a step counted from 0."""

import re

from swift_grpo.rollouts.index import Index, numbers

_WHERE = re.compile(r"(\d+)(?::(\d+))?(?::(\d+))?")


def parse_address(where: str) -> tuple[int, int | None, int | None]:
    """STEP, GROUP and I of `STEP[:GROUP[:I]]`; groups and members count from 0. Raises ValueError.

    >>> parse_address("40:2")
    (40, 2, None)
    """
    match = _WHERE.fullmatch(where)
    if not match:
        raise ValueError(f"{where!r} is not STEP, STEP:GROUP or STEP:GROUP:I")
    group, member = (None if part is None else int(part) for part in match.groups()[1:])
    return int(match[1]), group, member


def addresses(index: Index, ids: list[int]) -> dict[int, str]:
    """STEP:GROUP:I of rollouts by id, as `show` takes it."""
    rows = index.query(
        f"""WITH wanted AS (SELECT id, step, group_id, member FROM rollouts WHERE id IN ({numbers(ids)})),
                 firsts AS (SELECT step, min(group_id) AS first FROM counted
                            WHERE step IN (SELECT step FROM wanted) GROUP BY step)
            SELECT id, step, group_id - first, member FROM wanted JOIN firsts USING (step)"""
    )
    return {one: f"{step}:{group}:{member}" for one, step, group, member in rows}


def _there(index: Index, step: int, group: int | None) -> str:
    """What the log has instead of an address that does not exist."""
    sizes = index.query(f"SELECT count(*) FROM counted WHERE step = {step} GROUP BY group_id ORDER BY group_id")
    if not sizes:
        low, high = index.query("SELECT min(step), max(step) FROM counted")[0]
        return "the log has no completions" if low is None else f"the log has steps {low} to {high}"
    if group is None or group >= len(sizes):
        return f"step {step} has groups 0 to {len(sizes) - 1}"
    return f"group {step}:{group} has completions 0 to {sizes[group][0] - 1}"


def ids_at(index: Index, where: str) -> list[int]:
    """Ids at `STEP[:GROUP[:I]]`. Raises ValueError if there are none."""
    step, group, member = parse_address(where)
    condition = f"step = {step}"
    if group is not None:
        first = f"(SELECT min(group_id) FROM counted WHERE step = {step})"
        condition += f" AND group_id = {first} + {group}"
    if member is not None:
        condition += f" AND member = {member}"
    ids = [row[0] for row in index.query(f"SELECT id FROM counted WHERE {condition} ORDER BY group_id, member")]
    if not ids:
        raise ValueError(f"nothing at {where}; {_there(index, step, group)}")
    return ids
