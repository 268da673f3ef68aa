"""From series to signals: is a level too high, did something rise or fall, by how much at least, and since when.

Every measure of a level is made with what the run's own noise leaves of it: `least` is two standard errors short of `value`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from swift_grpo.rollouts.diagnosis import detectors
from swift_grpo.rollouts.diagnosis.finding import SEVERITIES
from swift_grpo.rollouts.facts.checkpoints import Checkpoint, checkpoints
from swift_grpo.rollouts.facts.run_facts import Facts, Missing

FEWEST_STEPS = 10  # for anything that is said of a course
SHORT = 5  # steps, for what is said of a level or of single steps
_UNKNOWN_GROUPS = 8.0  # of a step of which there are scalars alone
SURE = 2.0  # standard errors
_NOTHING = 0.02  # of the completions: less gained or lost is nothing
_LITTLE = 0.05  # less than this for sure is flat
_LEARNED = 0.9  # solved: there is little left to gain
_ONSET = 0.25  # of a change, in logarithms where something multiplies: the last level that is short of it is before the beginning


@dataclass(frozen=True)
class Signal:
    """What a check measured. `value`, `least`: the worse the higher, as measured and as the noise leaves it for sure.
    `began`, `ended`: steps. `said`: what the row's title may name. `where`: an SQL condition on completions to look at,
    or `ids`. `at_most`: the gravest it may be called; `below`: the same where it falls short of critical."""

    value: float
    least: float
    evidence: str
    began: int | None = None
    ended: int | None = None
    where: str = "true"
    ids: list[int] = field(default_factory=list)
    said: dict = field(default_factory=dict)
    at_most: str = "critical"
    below: str = "warn"


class Case:
    """A run under examination: its facts, and the levels of its series."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.index = facts, facts.index
        self.proven: set[tuple[str, str]] = set()  # (cause, effect): what checks saw in this very run

    @cached_property
    def _shapes(self) -> dict[str, detectors.Shape]:
        return detectors.shapes(dict(self.facts.series))

    def shape(self, key: str, flag: str = "", fewest: int = FEWEST_STEPS) -> detectors.Shape:
        """The levels of a fact. Raises Missing where it has fewer than 10 values."""
        self.facts.need(key, fewest, flag)
        return self._shapes[key]

    def shape_of(self, values: np.ndarray, what: str) -> detectors.Shape:
        """The levels of a derived series over the run's steps."""
        if np.isfinite(values).sum() < FEWEST_STEPS:
            raise Missing(f"{FEWEST_STEPS} steps with {what} (the log has {np.isfinite(values).sum()})")
        return detectors.shapes({"": values})[""]

    def step(self, place: int) -> int:
        return self.facts.step_at(place)

    def after(self, step: int | None) -> np.ndarray:
        return self.facts.steps >= (step or 0)

    def change(self, key: str, began: int | None, spell: int = 3) -> tuple[float, float, float]:
        """Mean of a fact before a step and over the last third after it, and the difference's standard error. A step in the
        first fifth leaves too little before it: then the first fifth is compared. `spell`: fifths of the run that
        count as before."""
        values = self.facts.need(key, FEWEST_STEPS)
        at = np.flatnonzero(np.isfinite(values))
        known, fifth = values[at], max(2, len(at) // 5)
        place = int(np.searchsorted(self.facts.steps[at], began or 0))
        first = known[: max(fifth, min(place, len(at) - fifth))][-spell * fifth :]
        last = known[max(place, len(at) - max(fifth, (len(at) - place) // 3)) :]
        last = last if len(last) >= 2 else known[-fifth:]
        sd = self._shapes[key].noise * math.sqrt(max(1, len(at) / detectors.POINTS))
        return float(first.mean()), float(last.mean()), sd * math.sqrt(1 / len(first) + 1 / len(last))

    def outcome(self, began: int | None) -> tuple[str, str]:
        """What became of accuracy since a step, and in words: lost, gained, flat, or what too few completions leave open:
        rising, or falling, which it is called as well where it hardly moved. Where nothing tells right from wrong, or groups
        are chosen by it, the reward can say no more than rising."""
        try:
            before, after, error = self.change("solved", began, spell=1)
        except Missing:
            return self._by_reward(began, chosen=False)
        said = f"solved {before:.0%} before and {after:.0%} after (±{SURE * error:.0%})"
        if before - after > max(_NOTHING, SURE * error):
            return "lost", said
        if self.index.run.args.get("dynamic_sample"):  # only groups of both outcomes are left
            return self._by_reward(began, chosen=True)[0], said
        if after - before > max(_NOTHING, 1.5 * error) or after >= _LEARNED:
            return "gained", said
        if after - before + SURE * error < _LITTLE:
            return "flat", said
        return ("rising" if after - before > error / 2 else "falling"), said

    def _by_reward(self, began: int | None, chosen: bool) -> tuple[str, str]:
        """The same by the reward; a tenth of its standard deviation within groups is nothing. `chosen`: groups are, by it."""
        try:
            before, after, error = self.change("total_reward", began, spell=1)
        except Missing:
            return "falling", ""
        said, little = f"reward {number(before)} before and {number(after)} after", 0.1 * self.facts.spread
        if not chosen and before - after > max(little, SURE * error):
            return "lost", said
        if not chosen and after - before + SURE * error < little:
            return "flat", said
        return ("rising" if after - before > -error else "falling"), said

    def groups_between(self, first: int, last: int) -> float:
        """Groups of the steps at two places and between them, the independent units of what completions have."""
        if not self.index.rows:
            return _UNKNOWN_GROUPS * (last + 1 - first)
        return float(self.facts.computed.get("groups", self.facts.computed["completions"])[first : last + 1].sum())

    @cached_property
    def saved(self) -> list[Checkpoint]:
        """The checkpoints on disk."""
        return checkpoints(self.index)

    @property
    def length(self) -> str:
        """The series of the completions' mean length, in characters; in tokens where there are scalars alone."""
        return "chars" if self.index.rows else "completions/mean_length"

    def sampled_groups(self, first: int, last: int) -> float:
        """The same of the sample."""
        return float(self.facts.read.groups(self.step(first), self.step(last)))


Measure = Callable[[Case, float], Signal | None]  # the float: from where on it warns


# Of what became of accuracy: the gravest that a change of the policy may be called, and below critical.
_GRAVEST = {
    "lost": ("critical", "warn"), "flat": ("critical", "warn"), "falling": ("warn", "warn"), "rising": ("warn", "info"),
    "gained": ("info", "info"),
}  # fmt: skip


def unless_it_pays(measure: Measure, spared: float = math.inf) -> Measure:
    """A change of the policy that is no illness where accuracy rose since; a critical one needs proof that it did not.
    `spared`: what goes further than this is worth a warning all the same."""

    def measured(case: Case, warn: float) -> Signal | None:
        found = measure(case, warn)
        if found is None or found.least < warn:
            return found
        outcome, said = case.outcome(found.began)
        most, below = _GRAVEST[outcome]
        if found.least >= spared:
            most, below = "warn" if most == "info" else most, "warn"
        evidence = "; ".join(filter(None, (found.evidence, said)))
        return replace(
            found, evidence=evidence, at_most=lighter(most, found.at_most), below=lighter(below, found.below)
        )

    return measured


def lighter(one: str, other: str) -> str:
    """The less grave of two severities."""
    return max(one, other, key=SEVERITIES.index)


def level(key: str, flag: str = "", where: str = "true", text: bool = False) -> Measure:
    """How high a share stands: at the end, or wherever it rose to. What was high at first and fell is no illness."""

    def measure(case: Case, warn: float) -> Signal | None:
        return of_level(case, case.shape(key, flag, SHORT), key, warn, where, key if text else "", counted=True)

    return measure


def of_level(
    case: Case,
    shape: detectors.Shape,
    name: str,
    warn: float,
    where: str = "true",
    text: str = "",
    counted: bool = False,
) -> Signal:
    """The signal of `level` for a shape. `counted`: it is a share of completions, no surer than its number of groups."""
    lowest = np.minimum.accumulate(shape.means)
    risen = (shape.means > lowest + SURE * shape.errors) | (np.arange(len(shape.means)) == len(shape.means) - 1)
    sure = np.where(risen, shape.means - SURE * shape.errors, -np.inf)
    if counted:  # one group that is so in three steps of one group each says nothing yet
        groups = case.sampled_groups if text else case.groups_between
        each = [groups(shape.first(k), shape.last(k)) for k in range(len(shape.means))]
        sure = np.minimum(sure, [wilson(p, n) for p, n in zip(shape.means.clip(0, 1), each, strict=True)])
    worst = int(sure.argmax())
    first, last = _stretch(shape.means, worst, warn)
    began, end = case.step(shape.first(first)), case.step(shape.last(last))
    return Signal(
        float(shape.means[worst]),
        float(sure[worst]),
        f"{name}: {course(case, shape)}",
        began,
        None if last == len(shape.means) - 1 else end,
        f"({where}) AND step BETWEEN {began} AND {end}",
        case.facts.read.ids(text, began, end) if text else [],
        {"before": float(lowest[worst]), "after": float(shape.means[worst])},
    )


def _stretch(means: np.ndarray, worst: int, warn: float) -> tuple[int, int]:
    """The levels about the worst one that are all beyond `warn`, or half as high as it."""
    high = means >= min(warn, means[worst]) if means[worst] >= warn else means >= means[worst]
    first = last = worst
    while first > 0 and high[first - 1]:
        first -= 1
    while last + 1 < len(means) and high[last + 1]:
        last += 1
    return first, last


def gain(key: str, high: float = 0.25) -> Measure:
    """How much a share of the sampled texts rose above the lowest level before; from `high` on, how high it stands at all."""

    def measure(case: Case, warn: float) -> Signal | None:
        shape = case.shape(key)
        found = of_level(case, shape, key, warn, text=key, counted=True)
        base = 0.0 if found.value >= high + SURE * shape.noise / math.sqrt(len(shape.values)) else found.said["before"]
        return replace(found, value=found.value - base, least=found.least - base)

    return measure


@dataclass(frozen=True)
class Change:
    """The greatest lasting change between two levels of a shape, the later one against the most extreme before it."""

    before: float
    after: float
    error: float
    began: int
    ended: int | None


def brief(case: Case, began: int | None, ended: int | None) -> bool:
    """Whether something was over again within a tenth of the run."""
    return ended is not None and began is not None and ended - began < 0.1 * np.ptp(case.facts.steps)


def greatest(case: Case, shape: detectors.Shape, up: bool, lasting: bool = False) -> Change | None:
    """The greatest rise (or fall) of a shape from an earlier level to a later one; with `lasting`, to its last one."""
    means = shape.means if up else -shape.means
    if len(means) < 2:
        return None
    start = np.minimum.accumulate(means)
    sizes = means - start
    if lasting:
        sizes[:-1] = -np.inf
    worst = int(sizes.argmax())
    origin = int(means[: worst + 1].argmin())
    if sizes[worst] <= 0 or origin == worst:
        return None
    half = means[origin] + 0.5 * (means[worst] - means[origin])
    way = np.log(means) if up and means.min() > 0 else means  # what multiplies began long before it is seen
    done = (way[origin:worst] - way[origin]) / (way[worst] - way[origin])
    onset = origin + 1 + int(np.flatnonzero(done < _ONSET)[-1])
    last = worst
    while last + 1 < len(means) and means[last + 1] >= half:
        last += 1
    return Change(
        float(shape.means[origin]),
        float(shape.means[worst]),
        float(np.hypot(shape.errors[origin], shape.errors[worst])),
        case.step(shape.first(onset)),
        None if last == len(means) - 1 else case.step(shape.last(last)),
    )


def worst_of(*measures: Measure) -> Measure:
    """The measure that is surest of the worst, begun where the first of them warns. Those without their data do not count unless
    none has any."""

    def measure(case: Case, warn: float) -> Signal | None:
        found, missing = [], None
        for one in measures:
            try:
                found.append(one(case, warn))
            except Missing as error:
                missing = error
        if missing and not found:
            raise missing
        found = [one for one in found if one]
        worst = max(found, key=lambda one: one.least, default=None)
        begun = [one.began for one in found if one.least >= warn and one.began is not None]
        return replace(worst, began=min(begun)) if worst and begun else worst

    return measure


def fall(key: str, flag: str = "", floor: float = 0.0, lasting: bool = False) -> Measure:
    """Which share of its best level a positive series has lost. Best levels below `floor` are not worth a fall."""

    def measure(case: Case, warn: float) -> Signal | None:
        shape = case.shape(key, flag)
        change = greatest(case, shape, up=False, lasting=lasting)
        if change is None or change.before <= floor:
            return None
        lost = 1 - change.after / change.before
        return changed(case, change, key, lost, lost - SURE * change.error / change.before, shape)

    return measure


def rise(key: str, flag: str = "", where: str = "true") -> Measure:
    """How many times its lowest level before a positive series has become."""

    def measure(case: Case, warn: float) -> Signal | None:
        return of_rise(case, case.shape(key, flag), key, where)

    return measure


def of_rise(case: Case, shape: detectors.Shape, key: str, where: str = "true", lasting: bool = False) -> Signal | None:
    """The signal of `rise` for a shape; with `lasting`, as it stands at the end."""
    change = greatest(case, shape, up=True, lasting=lasting)
    if change is None or change.before <= 0:
        return None
    least = max(change.after - SURE * change.error, 0) / change.before
    return changed(case, change, key, change.after / change.before, least, shape, where)


def changed(
    case: Case, change: Change, name: str, value: float, least: float, shape: detectors.Shape, where: str = "true"
) -> Signal:
    """A change as a signal."""
    until = f" AND step <= {change.ended}" if change.ended is not None else ""
    return Signal(
        value, least, f"{name}: {course(case, shape)}", change.began, change.ended,
        f"({where}) AND step >= {change.began}{until}", said={"before": change.before, "after": change.after},
    )  # fmt: skip


def course(case: Case, shape: detectors.Shape) -> str:
    """The levels of a series in words, at most five: the first, the last, and the greatest changes between them."""
    levels = range(len(shape.means))
    if len(levels) > 5:
        jumps = np.argsort(-np.abs(np.diff(shape.means)))[:3] + 1
        levels = sorted({0, *jumps.tolist(), len(shape.means) - 1})
    parts = [f"{number(shape.means[k])} from step {case.step(shape.first(k))}" for k in levels]
    return ", ".join(parts)


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def share_of(flags: np.ndarray) -> tuple[float, float]:
    """A share and its lower bound at two standard deviations (Wilson)."""
    p = float(np.mean(flags))
    return p, wilson(p, len(flags))


def wilson(p: float, n: float) -> float:
    """The lower bound, at two standard deviations, of a share p of n.

    >>> round(wilson(1.0, 12), 2), wilson(0.5, 0)
    (0.75, 0.0)
    """
    if n <= 0:
        return 0.0
    z2 = SURE**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    width = math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) * SURE / (1 + z2 / n)
    return max(0.0, middle - width)
