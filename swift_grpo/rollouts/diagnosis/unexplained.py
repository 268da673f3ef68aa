"""Events that no check explains, logs that stop early, and that a run learned."""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from swift_grpo.rollouts.diagnosis.case import FEWEST_STEPS, SURE, Case, number
from swift_grpo.rollouts.diagnosis.finding import Finding
from swift_grpo.rollouts.facts.run_facts import Missing

_JUMP = 5.0  # standard deviations of a point, from one level to the next: a step of a trend is smaller
_SHOWN = 4
_GAINED = 0.02  # of the completions
_ABOUT = "chars length short entropy kl grad_norm clip step_time similar phrase".split()  # series that go together
# Many findings mention these; that alone never hides their jumps.
_OUTCOME = ("solved", "total_reward", "reward")
_SKIPPED = re.compile(
    "^(epoch|memory|global_step|train_speed|elapsed|remaining|percentage|learning_rate|num_|completions$|groups$|none/)"
    "|step_time|(^|/)(min|max|low_min|high_max)"
)


class _Jump(NamedTuple):
    """A series that went from one level to the next at a step; `size` in standard deviations of a point."""

    step: int
    size: float
    key: str
    before: float
    after: float

    @property
    def words(self) -> str:
        way = "rose" if self.after > self.before else "fell"
        return f"{self.key} {way} from {number(self.before)} to {number(self.after)}"


def events(case: Case, found: list[Finding]) -> list[Finding]:
    """Jumps of levels, those at about the same step in one finding, the greatest first; without those that a finding
    explains: one that began nearby, or one about the same series. A fall of accuracy or reward is a warning."""
    near = max(2, int(0.02 * np.ptp(case.facts.steps))) if len(case.facts.steps) else 2
    together: list[list[_Jump]] = []
    for jump in sorted(_jumps(case)):
        if any(_explains(one, jump, near) for one in found):
            continue
        if together and jump.step - together[-1][0].step <= near:
            together[-1].append(jump)
        else:
            together.append([jump])
    result = [_finding(case, sorted(group, key=lambda jump: -jump.size)) for group in together]
    return sorted(result, key=lambda one: -one.strength)[:_SHOWN]


def _jumps(case: Case) -> list[_Jump]:
    jumps = []
    for key, shape in case.shapes.items():
        if _SKIPPED.search(key) or len(shape.values) < 20:
            continue
        sizes = np.abs(np.diff(shape.means)) / shape.noise
        for k in np.flatnonzero(sizes >= _JUMP):
            step = case.step(shape.first(k + 1))
            jumps.append(_Jump(step, float(sizes[k]), key, float(shape.means[k]), float(shape.means[k + 1])))
    return jumps


def _explains(finding: Finding, jump: _Jump, near: int) -> bool:
    """Whether a jump belongs to a finding: of a series that the finding is about, or one that changes with it; or when
    an alarm began, or while a critical one lasted."""
    if finding.severity == "skipped" or finding.began is None:
        return False
    about = f"{jump.key}: " in finding.evidence or any(word in jump.key and word in finding.evidence for word in _ABOUT)
    if about and jump.key not in _OUTCOME:
        return True
    if finding.severity == "info":
        return False
    until = finding.ended if finding.ended is not None else np.inf
    lasting = finding.severity == "critical" and finding.began - 2 * near <= jump.step <= until + 2 * near
    return lasting or abs(finding.began - jump.step) <= 2 * near


def _finding(case: Case, group: list[_Jump]) -> Finding:
    """One finding of jumps at about the same step, the greatest first."""
    began = min(jump.step for jump in group)
    worse = len(group) >= 2 and any(jump.key in _OUTCOME and jump.after < jump.before for jump in group)
    others = f", and {len(group) - 1} other series with it" if len(group) > 1 else ""
    ids = case.index.query(f"SELECT min(id) FROM counted WHERE step >= {began} GROUP BY group_id ORDER BY 1 LIMIT 3")
    return Finding(
        check="event",
        severity="warn" if worse else "info",
        title=f"{group[0].words} at step {began}{others}",
        evidence="; ".join(jump.words for jump in group[:5]),
        threshold=f"a jump of {_JUMP:g} or more standard deviations between two levels that no check explains",
        fix="the completions before and after (`swift-grpo inspect show`); --learning_rate, data order and server then",
        rollouts=[row[0] for row in ids],
        strength=round(min(4.0, group[0].size / _JUMP), 3),
        began=began,
    )


def early_end(case: Case) -> Finding | None:
    """The log stops before its last announced step, and no event says that training ended."""
    last = case.index.run.logs[-1].parent / "logging.jsonl"
    totals = re.findall(rb'"(?:global_step/max_steps|iteration)": *"(\d+)/(\d+)"', _tail(last))
    if not totals or any(event.kind == "end" for event in case.index.events):
        return None
    step, total = map(int, totals[-1])
    if step >= total:
        return None
    return Finding(
        check="ended_early",
        severity="info",
        title=f"the log stops at step {step} of {total}",
        evidence=f"logging.jsonl: last line {step}/{total}, no summary of the end",
        threshold="any; a run that is still going looks the same",
        fix="if nothing runs any more: exit cause and last lines of the trainer's log; --resume_from_checkpoint",
        strength=0.5,
        began=step,
    )


def learned(case: Case, found: list[Finding]) -> Finding | None:
    """That accuracy, or without it the reward, surely rose from the first fifth to the last third, if nothing is
    critical."""
    solved = case.index.knows_right
    if any(one.severity == "critical" for one in found) or len(case.facts.steps) < FEWEST_STEPS:
        return None
    try:
        before, after, error = case.change("solved" if solved else "total_reward", case.step(0), spell=1)
    except Missing:
        return None
    if after - before <= max(_GAINED * (1.0 if solved else 5 * case.facts.spread), SURE * error):
        return None
    what, amount = ("accuracy", "{:.0%}".format) if solved else ("the reward", number)
    return Finding(
        check="learned",
        severity="info",
        title=f"{what} rose from {amount(before)} to {amount(after)}",
        evidence=f"means of the first fifth and the last third; standard error of the difference {amount(error)}",
        threshold="two standard errors, and 2 points or a tenth of the reward's standard deviation within groups",
        fix="nothing to fix; `swift-grpo eval` measures it on questions that were not trained on",
        strength=4.0,
    )


def _tail(path: Path, size: int = 1 << 16) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - size))
            return file.read()
    except OSError:
        return b""
