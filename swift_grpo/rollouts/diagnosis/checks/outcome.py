"""Outcomes: length, accuracy, groups that teach nothing."""

from dataclasses import replace

import numpy as np

from swift_grpo.rollouts.diagnosis.case import FEWEST_STEPS, SURE, Case, Signal, number
from swift_grpo.rollouts.diagnosis.measures import fall, level, of_rise, rise, surest, unless_it_pays, weighed, wilson
from swift_grpo.rollouts.facts.run_facts import Missing

_EVALUATIONS = 5
_FEWEST_WRONG = 6  # steps with enough wrong answers
_FEW = 4  # right or wrong completions of a step: their mean length is noise
_ALL_EASY = 0.65  # surely of the groups at the start: there was nothing to learn
_EARNED = 0.95  # of the highest step's reward: there is little left to gain
_TERSE = 0.6  # of the mean length lost: more than a policy loses that becomes terse and better
_CUT = 0.3  # of the completions cut off: many

truncation = level("completions/clipped_ratio")
policy_collapse = fall("solved", floor=0.1, lasting=True)


@unless_it_pays(spared=0.75)
def zero_variance_wrong(case: Case, warn: float) -> Signal | None:
    where, what = ("NOT solved", "are all wrong") if case.index.knows_right else ("true", "pay all their members alike")
    return replace(level("all_wrong", where=where)(case, warn), said={"what": what})


def zero_variance_right(case: Case, warn: float) -> Signal | None:
    """Groups that are all right. A run that rose to that has learned its prompts, and nothing is wrong."""
    where, what = ("solved", "are all right") if case.index.knows_right else ("true", "earn the most that is paid")
    found = level("all_right", where=where)(case, warn)
    share = case.facts.need("all_right")[: max(3, len(case.facts.steps) // 10)]
    start = wilson(float(np.nanmean(share)), case.groups_between(0, len(share) - 1)) if np.isfinite(share).any() else 0
    most = "info" if start < warn else "warn" if start < _ALL_EASY else "critical"
    return replace(found, said={"what": what}, at_most=most)


def length_growth(case: Case, warn: float) -> Signal | None:
    """Longer completions without a gain: R1 shows longer thoughts that pay."""
    found = weighed(case, rise(case.length)(case, warn), warn)
    if found is None:
        return None
    known = case.index.knows_right
    if not known and case.outcome(found.began)[0] == "rising":  # whether length is paid for is not known
        found = replace(found, at_most="info")
    better = f", and {'accuracy' if known else 'the reward'} is not better"
    return replace(found, said={"gain": "" if found.at_most == "info" else better})


def wrong_length_growth(case: Case, _: float) -> Signal | None:
    right, wrong = case.facts.need("chars_right", FEWEST_STEPS), case.facts.need("chars_wrong", FEWEST_STEPS)
    count, solved = case.facts.computed["completions"], case.facts.need("solved")
    few = np.minimum(count * (1 - solved), count * solved) < np.minimum(_FEW, count / _FEW)
    ratio = np.where(few, np.nan, wrong) / np.maximum(right, 1)
    shape = case.shape_of(ratio, "right and wrong answers")
    found = of_rise(case, shape, "length of wrong answers to right ones", "NOT solved", lasting=True)
    if found is None or ((case.facts.steps >= (found.began or 0)) & ~few).sum() < max(_FEWEST_WRONG, 0.06 * len(few)):
        return None
    lengths = "; ".join(f"{key}: {case.course(case.shape(key))}" for key in ("chars_wrong", "chars_right"))
    return replace(found, evidence=f"{found.evidence}; {lengths}")


def length_collapse(case: Case, warn: float) -> Signal | None:
    """Shorter completions: on average, or a part of them below a third of the usual length at first. It is harmless
    if a policy becomes terse while accuracy rises, or if it was cut off at first and now comes to its answer,
    however short. If the mean fell without a loss of accuracy, the limits are twice as high."""
    if not case.index.rows:
        lost = fall(case.length)(case, warn)
        return lost and weighed(case, replace(lost, said={"what": f"by {lost.value:.0%}"}), warn)
    part, mean = level("short")(case, warn), fall("chars")(case, warn)
    share = part.least >= warn and part.before < warn
    found = part if share else mean
    if found is None:
        return None
    found = replace(found, said={"what": f"{found.value:.0%} of them are short" if share else f"by {found.value:.0%}"})
    outcome = case.outcome(found.began)[0]
    terse = not share and outcome != "lost" and found.least < 2 * warn
    if terse or (outcome == "gained" and _came_to_an_end(case, found.began)):
        return replace(found, at_most="info")
    return weighed(case, found, warn, spared=warn if share else _TERSE)


def _came_to_an_end(case: Case, began: int | None) -> bool:
    """Whether many completions were cut off before a step, and at most half as many after it."""
    try:
        before, after, _ = case.change("completions/clipped_ratio", began, spell=1)
    except Missing:
        return False
    return before >= _CUT and after <= before / 2


def reward_collapse(case: Case, _: float) -> Signal | None:
    """A fall of the total reward, in its standard deviations within groups."""
    shape = case.shape("total_reward")
    change = case.greatest(shape, up=False)
    if change is None:
        return None
    found = case.changed(shape, change, "total reward", case.facts.spread)
    return replace(found, at_most="info") if case.brief(found.began, found.ended) else found


def eval_falls(case: Case, _: float) -> Signal | None:
    """Evaluation falls from its best while the same reward rises in training."""
    logged = case.facts.logged
    rewards = [key for key in logged if key.startswith("eval_rewards/") and key.endswith("/mean")]
    found = [
        _eval_fall(case, key) for key in ("eval_reward", *rewards) if {key, key.removeprefix("eval_")} <= logged.keys()
    ]
    if not any(found) and not any(key.startswith("eval_") for key in logged):
        raise Missing("evaluations in logging.jsonl (--eval_strategy steps with a validation set writes them)")
    return surest(one for one in found if one)


def _eval_fall(case: Case, key: str) -> Signal | None:
    """What an evaluation's means of three have lost since the best of them, as a share of it; None if training
    lost too."""
    values, train = case.facts.logged[key], case.facts.logged[key.removeprefix("eval_")]
    at = np.flatnonzero(np.isfinite(values))
    if len(at) < _EVALUATIONS:
        return None
    row = values[at]
    smooth = np.convolve(row, np.ones(3) / 3, mode="valid")
    best = int(smooth.argmax())
    if best >= len(smooth) - 1:
        return None
    rest = row - np.interp(np.arange(len(row)), np.arange(1, len(row) - 1), smooth)
    variance = np.mean(np.diff(row) ** 2) / 2 if len(row) < 8 else np.mean(rest[1:-1] ** 2) * 1.5
    error = float(np.sqrt(variance * 2 / 3))
    known, place = np.flatnonzero(np.isfinite(train)), int(at[best + 1])
    spell = max(5, len(known) // 10)
    before, after = train[known[known <= place]][-spell:], train[known][-spell:]
    if not len(before) or after.mean() < before.mean() - 2 * train[known].std() / np.sqrt(len(after)):
        return None
    high, last = float(smooth[best]), float(smooth[-1])
    scale = max(abs(high), 1e-9)
    said = (
        f"{key}: {number(high)} about step {case.step(place)}, {number(last)} at the end (means of three, {len(at)} "
        f"evaluations); {key.removeprefix('eval_')} {number(before.mean())} then {number(after.mean())}"
    )
    least = (high - last - SURE * error) / scale
    return Signal((high - last) / scale, least, said, case.step(place), said={"key": key})


def plateau(case: Case, _: float) -> Signal | None:
    """How far from any gain the run surely is: 1 if the last third is not better than the first and noise leaves no
    room for a gain of 3 points, less in proportion. Without accuracy a point is a twentieth of the reward's standard
    deviation within groups."""
    if case.index.run.args.get("dynamic_sample"):
        raise Missing("the groups that --dynamic_sample true leaves out")
    known = case.index.knows_right
    shape = case.shape("solved" if known else "total_reward")
    unit = 1.0 if known else 5 * case.facts.spread
    if len(shape.values) < 30:
        return None
    third, tenth = len(shape.values) // 3, len(shape.values) // 10
    start, first, last = (
        float(shape.values[part].mean()) for part in (slice(tenth), slice(third), slice(-third, None))
    )
    error = shape.noise * np.sqrt(2 / third)
    learned = last > 0.9 if known else last >= _EARNED * shape.values.max()
    if learned or last < first - SURE * error:
        return None
    room = 1 - max(0.0, last - first + error) / (0.03 * unit)
    what, amount = ("accuracy", "{:.1%}".format) if known else ("the reward", number)
    rose = last - start > max(0.05 * unit, SURE * shape.noise / np.sqrt(tenth))
    since = case.step(int(shape.at[tenth if rose else 0]))
    title = f"{what} has not moved from {amount(first)}"
    if rose:
        title = f"{what} has not moved since step {since}, when it had risen from {amount(start)} to {amount(first)}"
    ends = f"{what}: {amount(first)} in the first third, {amount(last)} in the last"
    said = f"{ends}; the difference's standard error is {amount(error)}"
    where = "NOT solved" if known else "true"
    return Signal(room, room, said, since, where=where, said={"title": title}, at_most="warn")
