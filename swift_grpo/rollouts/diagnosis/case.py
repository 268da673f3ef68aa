"""A run under examination, and what a check measures in it.

A check compares its limits with `Signal.least`, the lower confidence bound: two standard errors of the run's own noise
below the measured `value`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from swift_grpo.rollouts.diagnosis import detectors
from swift_grpo.rollouts.facts.checkpoints import Checkpoint, checkpoints
from swift_grpo.rollouts.facts.run_facts import Facts, Missing

FEWEST_STEPS = 10  # for any finding on a course
SHORT = 5  # steps, for any finding on a level or on single steps
_UNKNOWN_GROUPS = 8.0  # groups of a step that has only scalars
SURE = 2.0  # standard errors
_NOTHING = 0.02  # of the completions: less gained or lost is nothing
_LITTLE = 0.05  # surely less than this is flat
_LEARNED = 0.9  # solved: there is little left to gain
_ONSET = 0.25  # of a change (of its logarithm if it multiplies): it begins after the last level below this


@dataclass(frozen=True)
class Signal:
    """What a check measured. `value`: the higher the worse; `least`: its lower confidence bound. `began`, `ended`:
    steps. `where`: an SQL condition on completions to look at, or `ids`. `before`, `after`: levels; `said`: other
    fields of the title. `at_most`: the highest severity it may get; `below`: the same if it is not critical."""

    value: float
    least: float
    evidence: str
    began: int | None = None
    ended: int | None = None
    where: str = "true"
    ids: list[int] = field(default_factory=list)
    before: float = math.nan
    after: float = math.nan
    said: dict[str, str | float] = field(default_factory=dict)
    at_most: str = "critical"
    below: str = "warn"


@dataclass(frozen=True)
class Change:
    """The greatest lasting change between two levels of a shape, the later one against the most extreme before it."""

    before: float
    after: float
    error: float
    began: int
    ended: int | None


class Case:
    """A run under examination: its facts, and the levels of its series."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.index = facts, facts.index
        self.proven: set[tuple[str, str]] = set()  # (cause, effect): what checks saw in this run

    @cached_property
    def shapes(self) -> dict[str, detectors.Shape]:
        """The levels of every series of the run, by its name."""
        return detectors.shapes(dict(self.facts.series))

    def shape(self, key: str, flag: str = "", fewest: int = FEWEST_STEPS) -> detectors.Shape:
        """The levels of a fact. Raises Missing if it has fewer than 10 values."""
        self.facts.need(key, fewest, flag)
        return self.shapes[key]

    def shape_of(self, values: np.ndarray, what: str) -> detectors.Shape:
        """The levels of a derived series over the run's steps."""
        if np.isfinite(values).sum() < FEWEST_STEPS:
            raise Missing(f"{FEWEST_STEPS} steps with {what} (the log has {np.isfinite(values).sum()})")
        return detectors.shapes({"": values})[""]

    def step(self, place: int) -> int:
        return self.facts.step_at(place)

    def change(self, key: str, began: int | None, spell: int = 3) -> tuple[float, float, float]:
        """Mean of a fact before a step and over the last third after it, and the difference's standard error. A step
        in the first fifth leaves too little before it: then the first fifth is compared. `spell`: fifths of the run
        that count as before."""
        values = self.facts.need(key, FEWEST_STEPS)
        at = np.flatnonzero(np.isfinite(values))
        known, fifth = values[at], max(2, len(at) // 5)
        place = int(np.searchsorted(self.facts.steps[at], began or 0))
        first = known[: max(fifth, min(place, len(at) - fifth))][-spell * fifth :]
        last = known[max(place, len(at) - max(fifth, (len(at) - place) // 3)) :]
        last = last if len(last) >= 2 else known[-fifth:]
        sd = self.shapes[key].noise * math.sqrt(max(1, len(at) / detectors.POINTS))
        return float(first.mean()), float(last.mean()), sd * math.sqrt(1 / len(first) + 1 / len(last))

    def outcome(self, began: int | None) -> tuple[str, str]:
        """How accuracy changed since a step, with the numbers in words: lost, gained or flat; with too few completions
        rising, or falling, also if it hardly moved. If nothing tells right from wrong, or groups are chosen by it,
        the reward decides, and its best is rising."""
        try:
            before, after, error = self.change("solved", began, spell=1)
        except Missing:
            return self._by_reward(began, chosen=False)
        said = f"solved {before:.0%} before and {after:.0%} after (±{SURE * error:.0%})"
        if before - after > max(_NOTHING, SURE * error):
            return "lost", said
        if self.index.run.args.get("dynamic_sample"):  # only groups with both outcomes are left
            return self._by_reward(began, chosen=True)[0], said
        if after - before > max(_NOTHING, 1.5 * error) or after >= _LEARNED:
            return "gained", said
        if after - before + SURE * error < _LITTLE:
            return "flat", said
        return ("rising" if after - before > error / 2 else "falling"), said

    def _by_reward(self, began: int | None, chosen: bool) -> tuple[str, str]:
        """The same by the reward; a tenth of its standard deviation within groups is nothing. `chosen`: groups are
        chosen by it."""
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
        """How many groups the steps from one place to another have: the independent units of shares of completions."""
        if not self.index.rows:
            return _UNKNOWN_GROUPS * (last + 1 - first)
        return float(self.facts.computed.get("groups", self.facts.computed["completions"])[first : last + 1].sum())

    @cached_property
    def saved(self) -> list[Checkpoint]:
        """The checkpoints on disk."""
        return checkpoints(self.index)

    @property
    def length(self) -> str:
        """The series of the completions' mean length, in characters; in tokens if there are only scalars."""
        return "chars" if self.index.rows else "completions/mean_length"

    def sampled_groups(self, first: int, last: int) -> float:
        """The same for the sample."""
        return float(self.facts.read.groups(self.step(first), self.step(last)))

    def course(self, shape: detectors.Shape) -> str:
        """The levels of a series in words, at most five: the first, the last, and the greatest changes between them."""
        levels = list(range(len(shape.means)))
        if len(levels) > 5:
            jumps = np.argsort(-np.abs(np.diff(shape.means)))[:3] + 1
            levels = sorted({0, *jumps.tolist(), len(shape.means) - 1})
        return ", ".join(f"{number(shape.means[k])} from step {self.step(shape.first(k))}" for k in levels)

    def brief(self, began: int | None, ended: int | None) -> bool:
        """Whether something ended within a tenth of the run."""
        return ended is not None and began is not None and ended - began < 0.1 * np.ptp(self.facts.steps)

    def greatest(self, shape: detectors.Shape, up: bool, lasting: bool = False) -> Change | None:
        """The greatest rise (or fall) of a shape from an earlier level to a later one; with `lasting`, to its last
        one."""
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
        way = np.log(means) if up and means.min() > 0 else means  # a value that multiplies begins long before it shows
        done = (way[origin:worst] - way[origin]) / (way[worst] - way[origin])
        onset = origin + 1 + int(np.flatnonzero(done < _ONSET)[-1])
        last = worst
        while last + 1 < len(means) and means[last + 1] >= half:
            last += 1
        error = float(np.hypot(shape.errors[origin], shape.errors[worst]))
        ended = None if last == len(means) - 1 else self.step(shape.last(last))
        return Change(
            float(shape.means[origin]), float(shape.means[worst]), error, self.step(shape.first(onset)), ended
        )

    def changed(
        self, shape: detectors.Shape, change: Change, name: str, unit: float = 1.0, where: str = "true"
    ) -> Signal:
        """A change as a signal, in multiples of `unit`."""
        size = abs(change.after - change.before) / unit
        until = f" AND step <= {change.ended}" if change.ended is not None else ""
        where, said = f"({where}) AND step >= {change.began}{until}", f"{name}: {self.course(shape)}"
        least, before, after = size - SURE * change.error / unit, change.before, change.after
        return Signal(size, least, said, change.began, change.ended, where, before=before, after=after)


Level = Callable[[Case, float], Signal]  # the float: the limit of a warning
Measure = Callable[[Case, float], Signal | None]


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
