"""Groups that teach nothing, and prompts that never will."""

from swift_grpo.rollouts.diagnosis.case import TRAIN, Case, within
from swift_grpo.rollouts.diagnosis.finding import Finding, Missing, graded

_DAPO = "DAPO (arXiv 2503.14476), section 3.2: a group without variance has no gradient"
VISITS = 3


def zero_variance_wrong(case: Case) -> Finding | None:
    """Groups where every completion is wrong: too hard, or the verifier pays nobody."""
    early, late = _flat(case, case.start, "solved = 0"), _flat(case, case.end, "solved = 0")
    found = graded(late, warn=0.3, critical=0.5)
    return found and Finding(
        "zero_variance_wrong",
        found[0],
        f"{late:.0%} of the groups are all wrong and teach nothing",
        f"all-wrong groups: {early:.0%} at the start, {late:.0%} at the end",
        f"warn from 30%, critical from 50% of groups; {_DAPO}",
        "--num_generations up, easier prompts or an SFT cold start, --dynamic_sample true; look for a verifier that pays nobody",
        _members(case, "solved = 0"),
        found[1],
    )


def zero_variance_right(case: Case) -> Finding | None:
    """Groups where every completion is right: critical only where it was so from the start, else a run's natural end."""
    early, late = _flat(case, case.start, "solved = 1"), _flat(case, case.end, "solved = 1")
    if late < 0.5:
        return None
    severity = "critical" if min(early, late) >= 0.7 else "warn"
    return Finding(
        "zero_variance_right",
        severity,
        f"{late:.0%} of the groups are all right and teach nothing",
        f"all-right groups: {early:.0%} at the start, {late:.0%} at the end",
        f"warn from 50% of groups at the end, critical from 70% from the start on; {_DAPO}",
        "harder prompts, --dynamic_sample true, or stop here: the run has learned these prompts",
        _members(case, "solved = 1"),
        late / 0.5,
    )


def _flat(case: Case, steps: list[int], which: str) -> float:
    case.need_solved()
    share = case.query(
        f"""SELECT avg((coalesce(reward_std, 0) <= 1e-8 AND {which})::INTEGER) FROM groups
            WHERE n > 1 AND NOT is_eval AND solved IS NOT NULL AND {within(steps)}"""
    )[0][0]
    if share is None:
        raise Missing("groups of two or more with a reward")
    return float(share)


def _members(case: Case, which: str) -> list[int]:
    rows = case.query(
        f"""SELECT first_id FROM groups WHERE n > 1 AND NOT is_eval AND coalesce(reward_std, 0) <= 1e-8 AND {which}
            ORDER BY step DESC, first_id LIMIT 3"""
    )
    return [row[0] for row in rows]


def dead_prompts(case: Case) -> Finding | None:
    """Prompts that come back and are never solved."""
    share, seen, ids = _always(case, "max(solved) = 0")
    found = graded(share, warn=0.1, critical=0.25)
    return found and Finding(
        "dead_prompts",
        found[0],
        f"{share:.0%} of the prompts have never been solved",
        f"{round(share * seen)} of {seen} prompts that came in {VISITS} or more steps were never solved once",
        f"warn from 10%, critical from 25%; {_DAPO}, over epochs",
        "remove these prompts or check their golds (`swift-grpo inspect prompts`), --num_generations up",
        ids,
        found[1],
    )


def saturated_prompts(case: Case) -> Finding | None:
    """Prompts that come back and have always been solved by every completion."""
    share, seen, ids = _always(case, "min(solved) = 1")
    found = graded(share, warn=0.25, critical=0.45)
    return found and Finding(
        "saturated_prompts",
        found[0],
        f"{share:.0%} of the prompts were solved by every completion, always",
        f"{round(share * seen)} of {seen} prompts that came in {VISITS} or more steps were solved by all, from the first time on",
        f"warn from 25%, critical from 45%; {_DAPO}, over epochs",
        "remove these prompts (`swift-grpo inspect prompts`), --dynamic_sample true",
        ids,
        found[1],
    )


def _always(case: Case, having: str) -> tuple[float, int, list[int]]:
    case.need_solved()
    histories = f"""
        SELECT prompt_hash, {having} AS always, max(id) AS last FROM (
            SELECT prompt_hash, step, avg(solved::INTEGER) AS solved, max(id) AS id FROM rollouts
            WHERE {TRAIN} AND solved IS NOT NULL GROUP BY prompt_hash, step)
        GROUP BY prompt_hash HAVING count(*) >= {VISITS}"""
    seen, share = case.query(f"SELECT count(*), avg(always::INTEGER) FROM ({histories})")[0]
    if not seen:
        raise Missing(f"prompts that come back in {VISITS} or more steps (more than one epoch)")
    rows = case.query(f"SELECT last FROM ({histories}) WHERE always ORDER BY last DESC LIMIT 3")
    return float(share), seen, [row[0] for row in rows]
