"""Entropy, KL, clipping, diversity, swings."""

from dataclasses import replace

import numpy as np

from swift_grpo.rollouts.diagnosis import detectors
from swift_grpo.rollouts.diagnosis.case import SURE, Case, Signal, number
from swift_grpo.rollouts.diagnosis.detectors import SWING_P
from swift_grpo.rollouts.diagnosis.measures import fall, level, of_level, rise, surest, unless_it_pays, worst_of
from swift_grpo.rollouts.facts.run_facts import Missing
from swift_grpo.rollouts.facts.step_table import LONG

OF_SEQUENCES = 0.5  # of the tokens, if whole completions are clipped: GSPO clips a hundred times as many as GRPO
_ROSE = 1.5  # times the lowest level before
_NARROW = 1e-3  # epsilon: ms-swift's documented one for GSPO is 3e-4
_TURNS = 3  # times that levels turn
_DRAWN = ("solved", "total_reward")  # drawn again each step: without a swing neighbours are independent
_SWINGING = (*_DRAWN, "chars", "kl", "entropy/mean", "grad_norm", "completions/mean_length")

entropy_collapse = unless_it_pays(spared=0.75)(fall("entropy/mean", "--log_entropy true"))
entropy_blowup = unless_it_pays(spared=1.5)(rise("entropy/mean", "--log_entropy true"))


@unless_it_pays(spared=1.0)
def kl_blowup(case: Case, warn: float) -> Signal | None:
    """The highest level, or a single step far above it."""
    found = of_level(case, case.shape("kl", "--beta above 0"), "kl", warn)
    values = case.facts.need("kl")
    at = np.flatnonzero(np.isfinite(values))
    places, _ = detectors.spikes(values[at])
    if not len(places) or values[at][places].max() <= found.value:
        how = "rose to" if found.value > _ROSE * found.before else "stands at"
        return replace(found, said={"how": f"{how} {number(found.value)}"})
    top = at[places[int(values[at][places].argmax())]]
    said = f"{found.evidence}; {len(places)} spikes, the highest {number(values[top])} at step {case.step(top)}"
    first, high = case.step(at[places[0]]), float(values[top])
    how = f"jumps to {number(high)} in single steps"
    return Signal(high, high, said, first, where=f"step >= {first}", said={"how": how})


def _identical(case: Case, _: float) -> Signal | None:
    """How many distinct members groups have lost, of completions too long to be equal by chance."""
    shape, chars = case.shape("distinct"), float(np.nanmedian(case.facts.need("chars")))
    if chars < LONG:
        raise Missing(f"completions of {LONG} characters (the median step has {chars:.0f})")
    change = case.greatest(shape, up=False)
    same = 1 - shape.means
    if change is None or same.min() > 0.3:
        share = float(same[-1])
        said = f"distinct members of a group beyond the first: {1 - share:.0%}"
        return Signal(share, share - SURE * float(shape.errors[-1]), said, case.step(0))
    return case.changed(shape, change, "distinct members of a group beyond the first, as a share")


@unless_it_pays(spared=0.3)
def _alike(case: Case, _: float) -> Signal | None:
    shape = case.shape("text/similar")
    change = case.greatest(shape, up=True)
    return case.changed(shape, change, "word triples that two members of a group share") if change else None


diversity_loss = worst_of(_identical, level("shared"), _alike)


def oscillation(case: Case, _: float) -> Signal | None:
    """By its period in the spectrum, or by levels that go up and down at least three times."""
    per_epoch = _steps_of_an_epoch(case)
    found: list[Signal] = []
    for key in (key for key in _SWINGING if key in case.facts.series):
        shape = case.shape(key)
        middle = max(float(np.mean(np.abs(shape.values))), 0.25 if key == "solved" else 1e-12)
        period, amplitude, chance = detectors.swing(shape.values)
        steps = period * (shape.at[-1] - shape.at[0] + 1) / len(shape.values)
        if chance <= SWING_P and not _is_multiple(per_epoch, steps):
            high, error = 2 * amplitude, 2 * shape.noise * np.sqrt(2 / len(shape.values))
            said = f"{key} swings by {number(high)} about {number(middle)}, every {steps:.0f} steps"
            began, names = case.step(int(shape.at[0])), {"key": key, "period": steps}
            found.append(Signal(high / middle, (high - SURE * error) / middle, said, began, said=names))
        if key not in _DRAWN:
            continue
        shape = detectors.shapes({key: case.facts.series[key]}, correlated=False)[key]  # the swing itself is correlated
        turns = detectors.turns(shape, SURE)
        if len(turns) < _TURNS + 2:
            continue
        steps = 2 * np.diff(shape.at[shape.bounds[turns]]).mean()
        if not _is_multiple(per_epoch, steps):
            heights = np.abs(np.diff(shape.means[turns]))
            errors = np.hypot(shape.errors[turns[1:]], shape.errors[turns[:-1]])
            high, least = float(np.median(heights)), float(np.median(heights - SURE * errors))
            began, names = case.step(shape.first(int(turns[1]))), {"key": key, "period": float(steps)}
            found.append(Signal(high / middle, least / middle, f"{key}: {case.course(shape)}", began, said=names))
    return surest(found)


def _steps_of_an_epoch(case: Case) -> float | None:
    epochs = case.facts.logged.get("epoch")
    if epochs is None or not np.nanmax(epochs) > 0:
        return None
    return float(case.facts.steps[int(np.nanargmax(epochs))] / np.nanmax(epochs))


def _is_multiple(epoch: float | None, steps: float) -> bool:
    """Whether a period is that of the data, an epoch or half of one: prompts that come in the same order each time."""
    return epoch is not None and any(abs(steps * k / epoch - 1) < 0.05 for k in (1, 2))


def clip_ratio(case: Case, warn: float) -> Signal | None:
    usual, other = "clip_ratio/region_mean", "cispo_clip_ratio"
    key = other if other in case.facts.logged and usual not in case.facts.logged else usual
    found, args = level(key, where="abs(advantage) > 1")(case, warn), case.index.run.args
    narrow = isinstance(args.get("epsilon"), float) and args["epsilon"] <= _NARROW
    sequences = str(args.get("importance_sampling_level", "")).startswith("sequence") or narrow
    return found if found.least >= OF_SEQUENCES or not sequences else None
