"""Whether two groups of runs are different: by evaluations of the same questions, else by their training."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from swift_grpo import stats
from swift_grpo.evaluation import diff
from swift_grpo.evaluation.runs.groups import Group, bounded, differing, over_seeds, variance
from swift_grpo.evaluation.runs.reading import Outcome, RunSummary

_NOT_OF_SETTINGS = "the interval is of these runs: two runs of one setting may differ by more, so start several seeds"
_SAMPLED_UNDER = ("data", "system", "temperature", "top_p", "top_k", "max_completion_length", "template")


@dataclass(frozen=True)
class Verdict:
    """b minus a with its 95% interval and the two-sided p of no difference. `visible`: the true difference that such
    runs show with a chance of 0.8. `verdict`: b is better, worse or not different. `basis`: what was compared."""

    value: float
    low: float
    high: float
    p: float
    visible: float
    verdict: str
    basis: str

    def __str__(self) -> str:
        seen = ""
        if self.verdict == "not different":
            seen = f"; a difference of {self.visible:.3f} would have been visible"
            if not self.low <= 0 <= self.high:
                seen = f"; {'better' if self.value > 0 else 'worse'} if it were the only comparison"
            elif (self.low, self.high) == (-1, 1):
                seen = "; no difference would have been visible"
        return f"{self.verdict}: {self.value:+.3f} [{self.low:+.3f}, {self.high:+.3f}], p={self.p:.2g}{seen}"


def compare(a: Group, b: Group) -> Verdict:
    """b beside a: by evaluations of the same questions if each run has one, else by the last fifth of the trainings.

    Raises ValueError if the groups have no measure in common.
    """
    found = _by_questions(a, b) or _by_training(a, b)
    if bounded([one for run in (*a.runs, *b.runs) for one in (run.training, run.outcome) if one]):
        found = replace(found, low=max(found.low, -1.0), high=min(found.high, 1.0))
    return found


def against_best(groups: Sequence[Group]) -> tuple[Group, list[tuple[Group, Verdict]]]:
    """The group with the highest outcome, and each other one beside it, p and verdict with Holm's correction (1979).
    Raises ValueError for groups that do not compare."""
    for one in groups:
        if one.outcome is None:
            raise ValueError(f"{one.name}: its runs have no measure in common")
    best = max(groups, key=lambda one: one.outcome.value if one.outcome else -math.inf)
    found = sorted(((one, compare(best, one)) for one in groups if one is not best), key=lambda pair: pair[1].p)
    corrected, least = [], 0.0
    for k, (one, verdict) in enumerate(found):
        least = max(least, min(1.0, verdict.p * (len(found) - k)))
        said = verdict.verdict if least < 1 - stats.LEVEL else "not different"
        corrected.append((one, replace(verdict, p=least, verdict=said)))
    return best, corrected


def _by_questions(a: Group, b: Group) -> Verdict | None:
    """None unless each run has an evaluation of the same questions."""
    folders = _same_questions([*a.runs, *b.runs])
    if not folders:
        return None
    every = [next(iter(diff.load(folder).values())) for folder in folders]
    if len(every) == 2:
        found = next(iter(diff.compare(every[0], every[1]).measures.values()))
        basis = f"{found.questions} questions, paired; {_NOT_OF_SETTINGS}"
        return _verdict(found.value, found.low, found.high, found.p, found.visible, basis)
    rates = [{one.prompt_id: float(np.mean(one.verdicts)) for one in each.questions if one.verdicts} for each in every]
    shared = [name for name in rates[0] if all(name in one for one in rates)]
    table = np.array([[one[name] for name in shared] for one in rates])
    sides = table[: len(a.runs)], table[len(a.runs) :]
    gains = sides[1].mean(0) - sides[0].mean(0)
    parts, noise = [], 0.0  # noise: of answers that change from seed to seed, which both parts would count
    for side in sides:
        if len(side) > 1:
            own = float(side.var(0, ddof=1).mean() / len(shared))
            least = max(own, len(shared) ** -2)  # one answer: equal seeds do not make a mean certain
            parts.append((max(float(side.mean(1).var(ddof=1)), least) / len(side), len(side) - 1))
            noise += own / len(side)
    parts.append((max(float(gains.var(ddof=1)) / len(shared) - noise, 0.0), len(shared) - 1))
    basis = f"{len(shared)} questions, paired; t over runs and questions"
    return _by_t(float(gains.mean()), parts, basis + ("" if len(parts) == 3 else f"; {_NOT_OF_SETTINGS}"))


def _same_questions(runs: Sequence[RunSummary]) -> list[Path]:
    """For each run the newest evaluation of the questions of the first run's newest that all have; [] if there is none."""
    known = [[(path, json.loads((path / "summary.json").read_bytes())) for path in run.evaluated[::-1]] for run in runs]
    for _, wanted in known[0]:
        same = [[path for path, one in each if not diff.differences(wanted, one)] for each in known]
        if all(same):
            return [each[0] for each in same]
    return []


def _by_training(a: Group, b: Group) -> Verdict:
    sides = [[run.training for run in group.runs if run.training] for group in (a, b)]
    measures = sorted({one.measure for side in sides for one in side})
    differ = differing([*a.runs, *b.runs])
    if [len(side) for side in sides] != [len(a.runs), len(b.runs)] or len(measures) != 1:
        what = " and ".join(measures) if measures else "nothing"
        raise ValueError(
            f"{a.name} and {b.name} do not compare: no evaluation of the same questions, and their logs have {what}"
        )
    if measures == ["reward"] and (others := [name for name in differ if name.startswith("reward_")]):
        raise ValueError(f"{a.name} and {b.name} do not compare: totals of other {', '.join(others)}")
    basis = f"{measures[0]} over the last fifth of the training"
    if unlike := [name for name in differ if name in _SAMPLED_UNDER]:
        basis += f", sampled under other {', '.join(unlike)} (evaluate both on the same questions)"
    value = float(np.mean([one.value for one in sides[1]]) - np.mean([one.value for one in sides[0]]))
    if min(map(len, sides)) > 1:
        return _by_t(
            value, [(variance(one) / len(one), len(one) - 1) for one in sides], f"{basis}; Welch's t over runs"
        )
    (down, up), (other_down, other_up) = (_reach(side) for side in sides)
    below, above = math.hypot(other_down, up), math.hypot(other_up, down)  # the square root of squares: Newcombe's way
    error = max(below if value > 0 else above, 1e-12) / stats.Z
    p = math.erfc(abs(value) / error / math.sqrt(2))
    visible = stats.Z_BOTH * error
    return _verdict(value, value - below, value + above, p, visible, f"{basis}; {_NOT_OF_SETTINGS}")


def _reach(outcomes: list[Outcome]) -> tuple[float, float]:
    """How far the interval of a side's mean reaches below and above it."""
    mean = over_seeds(outcomes)
    return mean.value - mean.low, mean.high - mean.value


def _by_t(value: float, parts: Sequence[tuple[float, int]], basis: str) -> Verdict:
    """A verdict from independent parts of the variance with their degrees of freedom (Welch 1947, Satterthwaite)."""
    from scipy.special import stdtr, stdtrit

    total = sum(part for part, _ in parts)
    freedom = total**2 / sum(part**2 / degrees for part, degrees in parts)
    error, quantile = math.sqrt(total), float(stdtrit(freedom, 0.5 + stats.LEVEL / 2))
    p = 2 * float(stdtr(freedom, -abs(value) / error))
    visible = (quantile + stats.Z_BOTH - stats.Z) * error
    return _verdict(value, value - quantile * error, value + quantile * error, p, visible, basis)


def _verdict(value: float, low: float, high: float, p: float, visible: float, basis: str) -> Verdict:
    said = "not different" if low <= 0 <= high else "better" if value > 0 else "worse"
    return Verdict(value, low, high, p, visible, said, basis)
