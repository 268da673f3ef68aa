"""Entropy, KL, clipping, diversity, swings."""

from dataclasses import replace

import numpy as np

from swift_grpo.rollouts.diagnosis import detectors
from swift_grpo.rollouts.diagnosis.illness import Illness
from swift_grpo.rollouts.diagnosis.signals import (
    SURE,
    Case,
    Signal,
    changed,
    course,
    fall,
    greatest,
    level,
    number,
    of_level,
    rise,
    unless_it_pays,
    worst_of,
)
from swift_grpo.rollouts.facts.run_facts import Missing
from swift_grpo.rollouts.facts.step_table import LONG

_DRAWN = ("solved", "total_reward")  # drawn anew each step, so that without a swing neighbours are independent
_ROSE = 1.5  # times the lowest level before
_NARROW = 1e-3  # epsilon: ms-swift's documented one for GSPO is 3e-4
_OF_SEQUENCES = 0.5  # of the tokens, where whole completions are clipped: GSPO clips a hundred times as many as GRPO
_TURNS = 3  # times that levels turn about

_SWINGING = ("solved", "total_reward", "chars", "kl", "entropy/mean", "grad_norm", "completions/mean_length")


def kl(case: Case, warn: float) -> Signal | None:
    """The highest level, or a single step that stands out of it."""
    found = of_level(case, case.shape("kl", "--beta above 0"), "kl", warn)
    values = case.facts.need("kl")
    at = np.flatnonzero(np.isfinite(values))
    places, _ = detectors.spikes(values[at])
    if not len(places) or values[at][places].max() <= found.value:
        rose = found.value > _ROSE * found.said["before"]
        return replace(found, said={"how": f"{'rose to' if rose else 'stands at'} {number(found.value)}"})
    top = at[places[int(values[at][places].argmax())]]
    jumped = {"how": f"jumps to {number(values[top])} in single steps"}
    said = f"{found.evidence}; {len(places)} spikes, the highest {number(values[top])} at step {case.step(top)}"
    first = case.step(at[places[0]])
    return Signal(float(values[top]), float(values[top]), said, first, where=f"step >= {first}", said=jumped)


def identical(case: Case, _: float) -> Signal | None:
    """What the groups have lost in distinct members, of completions that are long enough not to be equal by chance."""
    shape, chars = case.shape("distinct"), float(np.nanmedian(case.facts.need("chars")))
    if chars < LONG:
        raise Missing(f"completions of {LONG} characters (the median step has {chars:.0f})")
    change = greatest(case, shape, up=False)
    same = 1 - shape.means
    if change is None or same.min() > 0.3:
        share = float(same[-1])
        said = f"distinct members of a group beyond the first: {1 - share:.0%}"
        return Signal(share, share - SURE * float(shape.errors[-1]), said, case.step(0))
    lost = change.before - change.after
    return changed(
        case,
        change,
        "distinct members of a group beyond the first, as a share",
        lost,
        lost - SURE * change.error,
        shape,
    )


def alike(case: Case, _: float) -> Signal | None:
    shape = case.shape("text/similar")
    change = greatest(case, shape, up=True)
    if change is None:
        return None
    more = change.after - change.before
    return changed(
        case, change, "word triples that two members of a group share", more, more - SURE * change.error, shape
    )


def oscillation(case: Case, _: float) -> Signal | None:
    """By its period in the spectrum, or by levels that go up and down at least three times."""
    per_epoch, found = _steps_of_an_epoch(case), []
    for key in (key for key in _SWINGING if key in case.facts.series):
        shape = case.shape(key)
        middle = max(float(np.mean(np.abs(shape.values))), 0.25 if key == "solved" else 1e-12)
        period, amplitude, chance = detectors.swing(shape.values)
        steps = period * (shape.at[-1] - shape.at[0] + 1) / len(shape.values)
        if chance <= detectors.SWING_P and not _is_multiple(per_epoch, steps):
            error = 2 * shape.noise * np.sqrt(2 / len(shape.values))
            said = f"{key} swings by {number(2 * amplitude)} about {number(middle)}, every {steps:.0f} steps"
            more = {"key": key, "period": steps}
            found.append(
                Signal(
                    2 * amplitude / middle,
                    (2 * amplitude - SURE * error) / middle,
                    said,
                    case.step(int(shape.at[0])),
                    said=more,
                )
            )
        if key not in _DRAWN:
            continue
        shape = detectors.shapes({key: case.facts.series[key]}, correlated=False)[key]  # the swing itself is correlated
        turns = detectors.turns(shape, SURE)
        if len(turns) >= _TURNS + 2:
            heights, steps = np.abs(np.diff(shape.means[turns])), 2 * np.diff(shape.at[shape.bounds[turns]]).mean()
            if not _is_multiple(per_epoch, steps):
                errors = np.hypot(shape.errors[turns[1:]], shape.errors[turns[:-1]])
                least = float(np.median(heights - SURE * errors)) / middle
                began = case.step(shape.first(int(turns[1])))
                more = {"key": key, "period": float(steps)}
                found.append(
                    Signal(float(np.median(heights)) / middle, least, f"{key}: {course(case, shape)}", began, said=more)
                )
    return max(found, key=lambda one: one.least, default=None)


def _steps_of_an_epoch(case: Case) -> float | None:
    epochs = case.facts.logged.get("epoch")
    if epochs is None or not np.nanmax(epochs) > 0:
        return None
    return float(case.facts.steps[int(np.nanargmax(epochs))] / np.nanmax(epochs))


def _is_multiple(epoch: float | None, steps: float) -> bool:
    """Whether a period is that of the data, an epoch or half of one: prompts that come in the same order each time."""
    return epoch is not None and any(abs(steps * k / epoch - 1) < 0.05 for k in (1, 2))


def clipping(case: Case, warn: float) -> Signal | None:
    key = next(
        (k for k in ("clip_ratio/region_mean", "cispo_clip_ratio") if k in case.facts.logged), "clip_ratio/region_mean"
    )
    found, args = level(key, where="abs(advantage) > 1")(case, warn), case.index.run.args
    narrow = isinstance(args.get("epsilon"), float) and args["epsilon"] <= _NARROW
    sequences = str(args.get("importance_sampling_level", "")).startswith("sequence") or narrow
    return found if found.least >= _OF_SEQUENCES or not sequences else None


def entropy_key(measure):
    """A measure of the logged entropy, or of the completions' own where only those have it."""
    return measure("entropy/mean", "--log_entropy true")


ILLNESSES = [
    Illness(
        "entropy_collapse",
        "The policy's entropy falls to a small part of what it was.", unless_it_pays(entropy_key(fall), spared=0.75), 0.55, 0.8,
        "entropy fell from {before:.3g} to {after:.3g}",
        "warn from 55%, critical from 80% of the highest level lost; DAPO (arXiv 2503.14476), section 3.1, and arXiv 2505.22617",
        "--epsilon_high 0.28 (clip higher), --temperature up, --learning_rate down, --beta up",
        ("plateau", "diversity_loss", "length_collapse", "boilerplate", "policy_collapse", "reward_collapse", "kl_blowup",
        "zero_variance_wrong", "zero_variance_right", "reward_saturated"),
    ),
    Illness(
        "entropy_blowup",
        "The policy's entropy rises to a multiple of what it was.", unless_it_pays(entropy_key(rise), spared=1.5), 1.5, 3,
        "entropy rose from {before:.3g} to {after:.3g}",
        "warn from 1.5, critical from 3 times its lowest level before; rule of thumb",
        "--learning_rate down, --temperature 1, --beta up, no entropy bonus; --epsilon_high down",
        ("plateau", "policy_collapse", "length_side", "zero_variance_wrong", "strange_words", "gibberish", "reward_side"),
    ),
    Illness(
        "kl_blowup", "The policy runs away from the reference model.", unless_it_pays(kl, spared=1.0), 0.25, 1.0,
        "KL to the reference model {how}",
        "warn from 0.25, critical from 1 nat a token, for a level or a spike; rule of thumb: the estimator is "
        "that of DeepSeekMath "
        "(arXiv 2402.03300)",
        "--beta up, --learning_rate down, --max_grad_norm down",
        ("plateau", "policy_collapse", "reward_collapse", "length_side", "symptoms", "repetition", "language_mixing",
        "strange_words", "entropy_collapse"),
    ),
    Illness(
        "clip_ratio", "Many tokens have their ratio clipped.", clipping, 0.08, 0.25,
        "{value:.0%} of the tokens are clipped",
        "warn from 8%, critical from 25%; rule of thumb of PPO practice; where whole sequences are clipped, critical from 50% "
        "(GSPO, arXiv 2507.18071: two orders of magnitude more than GRPO)",
        "--learning_rate down, --steps_per_generation or --num_iterations down, --epsilon up",
        ("plateau", "kl_blowup"),
    ),
    Illness(
        "diversity_loss",
        "The members of a group become alike, or the same.",
        worst_of(identical, level("shared"), unless_it_pays(alike, spared=0.3)), 0.15, 0.5,
        "the completions of a group are {value:.0%} more alike than before",
        "identical members of 100 characters or more, completions that stand in several groups of a step, or "
        "word triples that two members share; warn from 15, "
        "critical from 50 points; "
        "rule of thumb: equal members have equal rewards",
        "--temperature 1 (and --top_p 1), --epsilon_high 0.28, --beta up; a seed that is the same for all members of a group",
        ("zero_variance_wrong", "zero_variance_right", "plateau", "boilerplate"),
    ),
    Illness(
        "oscillation", "A series goes up and down in a period of its own.", oscillation, 0.25, 0.6,
        "{key} swings, every {period:.0f} steps",
        "a period that white noise shows with a probability below 1e-4 (Fisher's g), not that of an epoch; from "
        "peak to trough 25% "
        "(critical: 60%) of the mean",
        "--learning_rate down, --beta up, a larger batch (--gradient_accumulation_steps); --num_iterations 1",
        ("policy_collapse", "reward_collapse", "length_side", "plateau", "kl_blowup", "entropy_collapse",
        "entropy_blowup", "length_collapse"),
    ),
]  # fmt: skip
