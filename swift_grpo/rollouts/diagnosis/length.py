"""Length: cut off, growing, growing on wrong answers."""

import math

from swift_grpo.rollouts.diagnosis.case import Case
from swift_grpo.rollouts.diagnosis.finding import Finding, Missing, graded


def truncation(case: Case) -> Finding | None:
    """Completions cut off at max_completion_length."""
    early, late = case.start_and_end("completions/clipped_ratio")
    limit = case.index.run.args.get("max_completion_length", "unknown")
    found = graded(late, warn=0.15, critical=0.4)
    return found and Finding(
        "truncation",
        found[0],
        f"{late:.0%} of the completions are cut off",
        f"completions/clipped_ratio: {early:.0%} at the start, {late:.0%} at the end; max_completion_length {limit}",
        "warn from 15%, critical from 40%; DAPO (arXiv 2503.14476), section 3.4: a cut-off answer is punished for its length",
        "--max_completion_length up, --overlong_filter true, or --reward_funcs dapo_overlong with --soft_cache_length",
        case.examples("true", "step DESC, chars DESC"),
        found[1],
    )


def length_growth(case: Case) -> Finding | None:
    """Completions grow and nothing is gained."""
    early, late = case.mean("chars", case.start), case.mean("chars", case.end)
    if not early:
        raise Missing("completions with text at the start")
    first, last, error = case.solved_change()
    gained = last - first > max(0.05, 2 * error)
    factor = late / early
    if factor < 2:
        return None
    return Finding(
        "length_growth",
        "critical" if not gained and factor >= 2.5 else "warn" if not gained else "info",
        f"completions are {factor:.1f} times as long as at the start"
        + ("" if gained else ", and accuracy is not better"),
        f"mean characters: {early:,.0f} at the start, {late:,.0f} at the end; solved {first:.0%} then {last:.0%}",
        "from 2 times; critical from 2.5 times without a gain of 5 points; longer thoughts that pay are what R1 shows "
        "(arXiv 2501.12948, figure 3)",
        "--loss_type dr_grpo or dapo, --reward_funcs dapo_overlong or math_cosine, --max_completion_length",
        case.examples("true", "step DESC, chars DESC"),
        factor / 2.5,
    )


def wrong_length_growth(case: Case) -> Finding | None:
    """Wrong answers grow faster than right ones: the per-sequence mean dilutes the penalty of a long wrong answer."""
    case.need_solved()
    growth = {}
    for which, condition in (("right", "solved"), ("wrong", "NOT solved")):
        growth[which] = (case.mean("chars", case.start, condition), case.mean("chars", case.end, condition))
    if any(math.isnan(value) for pair in growth.values() for value in pair):
        raise Missing("right and wrong answers both at the start and at the end")
    right, wrong = (growth[which][1] / max(1.0, growth[which][0]) for which in ("right", "wrong"))
    found = graded(wrong / right, warn=1.5, critical=2.0) if wrong >= 1.5 else None
    return found and Finding(
        "wrong_length_growth",
        found[0],
        f"wrong answers grew {wrong:.1f} times, right ones {right:.1f} times",
        f"mean characters of wrong answers: {growth['wrong'][0]:,.0f} then {growth['wrong'][1]:,.0f}; of right ones: "
        f"{growth['right'][0]:,.0f} then {growth['right'][1]:,.0f} (first and last fifth of the run)",
        "warn from 1.5, critical from 2 times the growth of right ones; Dr. GRPO (arXiv 2503.20783), section 3.1",
        "--loss_type dr_grpo, and --scale_rewards none with it",
        case.examples("NOT solved", "step DESC, chars DESC"),
        found[1] * 2,
    )
