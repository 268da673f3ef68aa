"""Measures: is a level too high, did something rise or fall, by how much at least, and since when."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from swift_grpo import stats
from swift_grpo.rollouts.diagnosis.case import SHORT, SURE, Case, Level, Measure, Signal
from swift_grpo.rollouts.diagnosis.detectors import Shape
from swift_grpo.rollouts.diagnosis.finding import SEVERITIES
from swift_grpo.rollouts.facts.run_facts import Missing

# The highest severity of a change of the policy, by what accuracy did; and the same below critical.
_GRAVEST = {
    "lost": ("critical", "warn"),
    "flat": ("critical", "warn"),
    "falling": ("warn", "warn"),
    "rising": ("warn", "info"),
    "gained": ("info", "info"),
}


def unless_it_pays(spared: float = math.inf) -> Callable[[Measure], Measure]:
    """A change of the policy is harmless if accuracy rose since; a critical one needs proof that it did not.
    `spared`: more than this is a warning in any case."""
    return lambda measure: lambda case, warn: weighed(case, measure(case, warn), warn, spared)


def weighed(case: Case, found: Signal | None, warn: float, spared: float = math.inf) -> Signal | None:
    """A signal with the severities that `unless_it_pays` allows."""
    if found is None or found.least < warn:
        return found
    outcome, said = case.outcome(found.began)
    most, below = _GRAVEST[outcome]
    if found.least >= spared:
        most, below = "warn" if most == "info" else most, "warn"
    evidence = "; ".join(filter(None, (found.evidence, said)))
    return replace(found, evidence=evidence, at_most=lighter(most, found.at_most), below=lighter(below, found.below))


def lighter(one: str, other: str) -> str:
    """The less severe of two severities."""
    return max(one, other, key=SEVERITIES.index)


def surest(found: Iterable[Signal]) -> Signal | None:
    """The signal with the highest lower bound."""
    return max(found, key=lambda one: one.least, default=None)


def level(key: str, flag: str = "", where: str = "true", text: bool = False) -> Level:
    """How high a share is: at the end, or where it rose to. A share that began high and fell is not a finding."""

    def measure(case: Case, warn: float) -> Signal:
        return of_level(case, case.shape(key, flag, SHORT), key, warn, where, key if text else "", counted=True)

    return measure


def of_level(
    case: Case, shape: Shape, name: str, warn: float, where: str = "true", text: str = "", counted: bool = False
) -> Signal:
    """The signal of `level` for a shape. `counted`: a share of completions, only as sure as its number of
    groups."""
    lowest = np.minimum.accumulate(shape.means)
    risen = (shape.means > lowest + SURE * shape.errors) | (np.arange(len(shape.means)) == len(shape.means) - 1)
    sure = np.where(risen, shape.means - SURE * shape.errors, -np.inf)
    if counted:  # one group of three steps with one group each proves nothing
        groups = case.sampled_groups if text else case.groups_between
        each = [groups(shape.first(k), shape.last(k)) for k in range(len(shape.means))]
        sure = np.minimum(sure, [wilson(p, n) for p, n in zip(shape.means.clip(0, 1), each, strict=True)])
    worst = int(sure.argmax())
    first, last = _stretch(shape.means, worst, warn)
    began, end = case.step(shape.first(first)), case.step(shape.last(last))
    where = f"({where}) AND step BETWEEN {began} AND {end}"
    ids = case.facts.read.ids(text, began, end) if text else []
    high, low, said = float(shape.means[worst]), float(lowest[worst]), f"{name}: {case.course(shape)}"
    ended = None if last == len(shape.means) - 1 else end
    return Signal(high, float(sure[worst]), said, began, ended, where, ids, before=low, after=high)


def _stretch(means: np.ndarray, worst: int, warn: float) -> tuple[int, int]:
    """The levels around the worst one that are all beyond `warn`, or at least half as high."""
    high = means >= min(warn, means[worst]) if means[worst] >= warn else means >= means[worst]
    first = last = worst
    while first > 0 and high[first - 1]:
        first -= 1
    while last + 1 < len(means) and high[last + 1]:
        last += 1
    return first, last


def gain(key: str, high: float = 0.25) -> Level:
    """How much a share of the sampled texts rose above the lowest level before; from `high` on, how high it is."""

    def measure(case: Case, warn: float) -> Signal:
        shape = case.shape(key)
        found = of_level(case, shape, key, warn, text=key, counted=True)
        base = 0.0 if found.value >= high + SURE * shape.noise / math.sqrt(len(shape.values)) else found.before
        return replace(found, value=found.value - base, least=found.least - base)

    return measure


def worst_of(*measures: Measure) -> Measure:
    """The signal with the highest lower bound; its onset is the earliest warning. Measures without their data do not
    count, unless all lack it."""

    def measure(case: Case, warn: float) -> Signal | None:
        found: list[Signal] = []
        missing: list[Missing] = []
        for one in measures:
            try:
                signal = one(case, warn)
            except Missing as error:
                missing.append(error)
            else:
                found += [signal] if signal else []
        if len(missing) == len(measures):
            raise missing[-1]
        worst = surest(found)
        begun = [one.began for one in found if one.least >= warn and one.began is not None]
        return replace(worst, began=min(begun)) if worst and begun else worst

    return measure


def fall(key: str, flag: str = "", floor: float = 0.0, lasting: bool = False) -> Measure:
    """The share of its best level that a positive series has lost. A best level below `floor` has no fall."""

    def measure(case: Case, warn: float) -> Signal | None:
        shape = case.shape(key, flag)
        change = case.greatest(shape, up=False, lasting=lasting)
        return case.changed(shape, change, key, change.before) if change and change.before > floor else None

    return measure


def rise(key: str, flag: str = "") -> Measure:
    """How many times its lowest level before a positive series has become."""
    return lambda case, warn: of_rise(case, case.shape(key, flag), key)


def of_rise(case: Case, shape: Shape, key: str, where: str = "true", lasting: bool = False) -> Signal | None:
    """The signal of `rise` for a shape; with `lasting`, as it stands at the end."""
    change = case.greatest(shape, up=True, lasting=lasting)
    if change is None or change.before <= 0:
        return None
    found = case.changed(shape, change, key, change.before, where)
    return replace(found, value=1 + found.value, least=1 + found.least)


def share_of(flags: np.ndarray) -> tuple[float, float]:
    """A share and its lower bound at two standard deviations (Wilson)."""
    p = float(np.mean(flags))
    return p, wilson(p, len(flags))


def wilson(p: float, n: float) -> float:
    """The lower bound, at two standard deviations, of a share p of n.

    >>> round(wilson(1.0, 12), 2), wilson(0.5, 0)
    (0.75, 0.0)
    """
    return float(stats.wilson(p, n, SURE)[0]) if n > 0 else 0.0
