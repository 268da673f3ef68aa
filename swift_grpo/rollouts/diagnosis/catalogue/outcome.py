"""What comes of it: length, accuracy, groups that teach nothing."""

from dataclasses import replace

import numpy as np

from swift_grpo.rollouts.diagnosis.illness import Illness
from swift_grpo.rollouts.diagnosis.signals import (
    FEWEST_STEPS,
    SURE,
    Case,
    Signal,
    brief,
    changed,
    course,
    fall,
    greatest,
    level,
    number,
    of_rise,
    rise,
    unless_it_pays,
    wilson,
)  # fmt: skip
from swift_grpo.rollouts.facts.run_facts import Missing

_DAPO = "DAPO (arXiv 2503.14476), section 3.2: a group without variance has no gradient"
_EVALUATIONS = 5
_FEWEST_WRONG = 6  # steps with wrong answers enough
_FEW = 4  # right or wrong completions of a step, whose mean length says little
_ALL_EASY = 0.65  # of the groups at the start, for sure: nothing was ever to be learned
_EARNED = 0.95  # of the highest step's reward: there is little left to gain
_TERSE = 0.6  # of the mean length lost: more than a policy that becomes terse and better loses


def all_wrong(case: Case, warn: float) -> Signal | None:
    found = level("all_wrong", where="NOT solved" if case.index.knows_right else "true")(case, warn)
    return replace(found, said={"what": "are all wrong" if case.index.knows_right else "pay all their members alike"})


def all_right(case: Case, warn: float) -> Signal | None:
    """Groups that are all right. Where it rose to that, the run has learned its prompts: that is no illness but an end."""
    found = level("all_right", where="solved" if case.index.knows_right else "true")(case, warn)
    found = replace(found, said={"what": "are all right" if case.index.knows_right else "earn the most that is paid"})
    share, steps = case.facts.need("all_right"), max(3, len(case.facts.steps) // 10)
    start = (
        wilson(float(np.nanmean(share[:steps])), case.groups_between(0, steps - 1))
        if np.isfinite(share[:steps]).any()
        else 0
    )
    return replace(found, at_most="info" if start < warn else "warn" if start < _ALL_EASY else "critical")


def growth(case: Case, warn: float) -> Signal | None:
    """Longer completions, against what was gained by them: longer thoughts that pay are what R1 shows."""
    found = unless_it_pays(rise(case.length))(case, warn)
    if found is None:
        return None
    if not case.index.knows_right and case.outcome(found.began)[0] == "rising":  # what is paid for length is not known
        found = replace(found, at_most="info")
    better = (
        ""
        if found.at_most == "info"
        else f", and {'accuracy' if case.index.knows_right else 'the reward'} is not better"
    )
    return replace(found, said=found.said | {"gain": better})


def wrong_growth(case: Case, _: float) -> Signal | None:
    right, wrong = case.facts.need("chars_right", FEWEST_STEPS), case.facts.need("chars_wrong", FEWEST_STEPS)
    count, solved = case.facts.computed["completions"], case.facts.need("solved")
    few = np.minimum(count * (1 - solved), count * solved) < np.minimum(_FEW, count / _FEW)
    wrong = np.where(few, np.nan, wrong)
    found = of_rise(
        case,
        case.shape_of(wrong / np.maximum(right, 1), "right and wrong answers"),
        "length of wrong answers to right ones",
        "NOT solved",
        lasting=True,
    )
    if found is None or (case.after(found.began) & ~few).sum() < max(_FEWEST_WRONG, 0.06 * len(few)):
        return None
    lengths = "; ".join(f"{key}: {course(case, case.shape(key))}" for key in ("chars_wrong", "chars_right"))
    return replace(found, evidence=f"{found.evidence}; {lengths}")


def collapse_of_length(case: Case, warn: float) -> Signal | None:
    """Shorter completions: on average, or a part of them that is a third of what was usual at first. A policy that
    becomes terse while accuracy rises is healthy; where the mean fell without a loss of accuracy, it takes twice as much.
    So is one that at first was cut off and now comes to its answer, however much shorter it is."""
    if not case.index.rows:
        found = fall(case.length)(case, warn)
        found = found and replace(found, said={"what": f"by {found.value:.0%}"})
        return found and unless_it_pays(lambda case, warn: found)(case, warn)
    part, mean = level("short")(case, warn), fall("chars")(case, warn)
    share = part.least >= warn and part.said["before"] < warn
    found = part if share else mean
    if found is None:
        return None
    found = replace(found, said={"what": f"{found.value:.0%} of them are short" if share else f"by {found.value:.0%}"})
    if not share and case.outcome(found.began)[0] != "lost" and found.least < 2 * warn:
        return replace(found, at_most="info")
    if case.outcome(found.began)[0] == "gained" and _came_to_an_end(case, found.began):
        return replace(found, at_most="info")
    return unless_it_pays(lambda case, warn: found, spared=warn if share else _TERSE)(case, warn)


def _came_to_an_end(case: Case, began: int | None) -> bool:
    """Whether 30% were cut off before a step, what `truncation` calls critical, and at most half as many after it."""
    try:
        before, after, _ = case.change("completions/clipped_ratio", began, spell=1)
    except Missing:
        return False
    return before >= 0.3 and after <= before / 2


def collapse_of_reward(case: Case, _: float) -> Signal | None:
    """A fall of the total reward, in its standard deviations within groups."""
    shape = case.shape("total_reward")
    change = greatest(case, shape, up=False)
    if change is None:
        return None
    own = case.facts.spread
    lost = (change.before - change.after) / own
    found = changed(case, change, "total reward", lost, lost - SURE * change.error / own, shape)
    return replace(found, at_most="info") if brief(case, found.began, found.ended) else found


def overfitting(case: Case, _: float) -> Signal | None:
    """Evaluation falls from its best while the same reward rises in training."""
    found = []
    for key in (
        "eval_reward",
        *(k for k in case.facts.logged if k.startswith("eval_rewards/") and k.endswith("/mean")),
    ):
        values, train = case.facts.logged.get(key), case.facts.logged.get(key.removeprefix("eval_"))
        if values is None or train is None:
            continue
        at = np.flatnonzero(np.isfinite(values))
        if len(at) < _EVALUATIONS:
            continue
        row = values[at]
        smooth = np.convolve(row, np.ones(3) / 3, mode="valid")
        best = int(smooth.argmax())
        if best >= len(smooth) - 1:
            continue
        rest = row - np.interp(np.arange(len(row)), np.arange(1, len(row) - 1), smooth)
        error = float(
            np.sqrt(np.mean(np.diff(row) ** 2) / 2 if len(row) < 8 else np.mean(rest[1:-1] ** 2) * 1.5)
        ) * np.sqrt(2 / 3)
        lost = float(smooth[best] - smooth[-1])
        known = np.flatnonzero(np.isfinite(train))
        place = at[best + 1]
        before = train[known[(known <= place)]][-max(5, len(known) // 10) :]
        after = train[known][-max(5, len(known) // 10) :]
        if not len(before) or after.mean() < before.mean() - 2 * train[known].std() / np.sqrt(len(after)):
            continue
        scale = max(abs(float(smooth[best])), 1e-9)
        said = (
            f"{key}: {number(smooth[best])} about step {case.step(place)}, {number(smooth[-1])} at the end (means of three, "
            f"{len(at)} evaluations); {key.removeprefix('eval_')} {number(before.mean())} then {number(after.mean())}"
        )
        found.append(Signal(lost / scale, (lost - SURE * error) / scale, said, case.step(place), said={"key": key}))
    if not found and not any(key.startswith("eval_") for key in case.facts.logged):
        raise Missing("evaluations in logging.jsonl (--eval_strategy steps with a validation set writes them)")
    return max(found, key=lambda one: one.least, default=None)


def plateau(case: Case, _: float) -> Signal | None:
    """How far from any gain the run surely is: 1 where the last third is no better than the first and noise leaves no room for a
    gain of 3 points, less in proportion. Without accuracy a point is a twentieth of the reward's deviation within groups."""
    if case.index.run.args.get("dynamic_sample"):
        raise Missing("the groups that --dynamic_sample true leaves out")
    known = case.index.knows_right
    shape = case.shape("solved" if known else "total_reward")
    unit = 1.0 if known else 5 * case.facts.spread
    if len(shape.values) < 30:
        return None
    third, tenth = len(shape.values) // 3, len(shape.values) // 10
    start, first, last = (
        float(part.mean()) for part in (shape.values[:tenth], shape.values[:third], shape.values[-third:])
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
    said = (
        f"{what}: {amount(first)} in the first third, {amount(last)} in the last; the difference's standard error is "
    )
    said += amount(error)
    return Signal(
        room, room, said, since, where="NOT solved" if known else "true", said={"title": title}, at_most="warn"
    )


ILLNESSES = [
    Illness(
        "eval_falls", "Evaluation falls while the reward in training rises or stays.", overfitting, 0.05, 0.2,
        "{key} falls by {value:.0%} while training does not",
        "warn from 5%, critical from 20% of the best mean of three evaluations; overfitting, or a hack that "
        "evaluation does not pay",
        "stop at the best checkpoint; more prompts and fewer --num_train_epochs, --beta up; compare what the two rewards pay",
        ("plateau",),
    ),
    Illness(
        "truncation", "Completions are cut off at max_completion_length.", level("completions/clipped_ratio"), 0.08, 0.3,
        "{value:.0%} of the completions are cut off",
        "warn from 8%, critical from 30%; DAPO (arXiv 2503.14476), section 3.4: a cut-off answer is punished for its length",
        "--max_completion_length up, --overlong_filter true, or --reward_funcs dapo_overlong with --soft_cache_length",
        ("length_growth", "plateau", "verifier_disagreement", "zero_variance_wrong", "policy_collapse",
        "reward_collapse", "slow_steps", "symptoms", "dead_prompts"),
    ),
    Illness(
        "length_growth", "Completions grow and nothing is gained.", growth, 1.4, 2.2,
        "completions are {value:.1f} times as long as before{gain}",
        "warn from 1.4, critical from 2.2 times the lowest level before, without a gain of 2 points; longer "
        "thoughts that pay are "
        "what R1 shows (arXiv 2501.12948, figure 3)",
        "--loss_type dr_grpo or dapo, --reward_funcs dapo_overlong or math_cosine, --max_completion_length",
        ("plateau", "slow_steps"),
    ),
    Illness(
        "wrong_length_growth", "Wrong answers grow faster than right ones: the per-sequence mean dilutes the "
        "penalty of a long one.",
        wrong_growth, 1.25, 1.8,
        "wrong answers grew {value:.1f} times as much as right ones",
        "warn from 1.25, critical from 1.8 times; Dr. GRPO (arXiv 2503.20783), section 3.1",
        "--loss_type dr_grpo, and --scale_rewards none with it",
        ("length_growth", "truncation", "slow_steps", "plateau"),
    ),
    Illness(
        "length_collapse", "Completions become short, all or a part of them.", collapse_of_length, 0.15, 0.5,
        "completions shrank, {what}",
        "warn from 15%, critical from 50% of the length lost, or of the completions below a third of the usual length at first, "
        "critical only if accuracy did not rise; a mean that falls without a loss of accuracy from 30%",
        "a reward that pays for brevity down in --reward_weights; --beta up, --learning_rate down; --loss_type dr_grpo",
        ("stuck", "policy_collapse", "reward_collapse", "entropy_collapse", "diversity_loss", "wrong_length_growth", "symptoms"),
    ),
    Illness(
        "policy_collapse", "Accuracy falls from what was reached and does not come back.",
        fall("solved", floor=0.1, lasting=True), 0.2, 0.5,
        "accuracy collapsed from {before:.0%} to {after:.0%}",
        "warn from 20%, critical from 50% of the best level lost at the end",
        "resume from the checkpoint before it; --learning_rate down, --beta up, --max_grad_norm 0.5",
        ("reward_collapse", "zero_variance_wrong", "plateau", "length_side", "dead_prompts", "symptoms"),
    ),
    Illness(
        "reward_collapse", "The reward falls from what was reached.", collapse_of_reward, 0.5, 1.2,
        "the reward fell from {before:.3g} to {after:.3g}",
        "warn from 0.5, critical from 1.2 of its standard deviations within groups, between two levels",
        "resume from the checkpoint before it; --learning_rate down, --beta up; see which reward fell (`inspect summary`)",
        ("zero_variance_wrong", "plateau", "symptoms"),
    ),
    Illness(
        "zero_variance_wrong",
        "Groups where every completion is wrong: too hard, or the verifier pays nobody. Without accuracy: all are paid alike.",
        unless_it_pays(all_wrong, spared=0.75), 0.3, 0.5,
        "{value:.0%} of the groups {what} and teach nothing",
        f"warn from 30%, critical from 50% of groups; {_DAPO}",
        "--num_generations up, easier prompts or an SFT cold start, --dynamic_sample true; look for a verifier that pays nobody",
        ("plateau",),
    ),
    Illness(
        "zero_variance_right", "Groups where every completion is right, or paid the most.", all_right, 0.5, 0.75,
        "{value:.0%} of the groups {what} and teach nothing",
        f"warn from 50%, critical from 75% of groups, if it was so at the start already; {_DAPO}",
        "harder prompts, --dynamic_sample true, or stop here: the run has learned these prompts",
        ("plateau",),
    ),
    Illness(
        "plateau", "Accuracy, or without one the reward, has not moved, though there is room.", plateau, 0.3, 2,
        "{title}",
        "a gain of 2 points and one standard error at most between the thirds of a run of 30 steps or more, below 90% solved; "
        "of a reward a tenth of its standard deviation within groups; rule of thumb",
        "--learning_rate up, --num_generations up, prompts of middling difficulty (`inspect prompts`), --dynamic_sample true",
    ),
]  # fmt: skip
