"""Events that no illness explains, shown as what they are, logs that stop early, and that a run learned."""

import re

import numpy as np

from swift_grpo.rollouts.diagnosis.finding import Finding
from swift_grpo.rollouts.diagnosis.signals import FEWEST_STEPS, SURE, Case, number
from swift_grpo.rollouts.facts.run_facts import Missing

_JUMP = 5.0  # standard deviations of a point, from one level to the next: a step of a trend is smaller
_SHOWN = 4
_GAINED = 0.02  # of the completions
_ABOUT = "chars length short entropy kl grad_norm clip step_time similar phrase".split()  # of series that go together
_OUTCOME = (
    "solved",
    "total_reward",
    "reward",
)  # many a finding mentions them; what became of them is never hidden for that
_SKIPPED = re.compile(
    r"^(epoch|memory|global_step|train_speed|elapsed|remaining|percentage|learning_rate|num_|completions$|groups$|none/)|step_time|(^|/)(min|max|low_min|high_max)"
)


def events(case: Case, found: list[Finding]) -> list[Finding]:
    """Jumps of levels, those at about the same step in one finding, the greatest first; what a finding with a beginning near
    by, or one about the same series, explains is left out. A jump in which accuracy or reward falls is a warning."""
    jumps = []
    for key in case.facts.series:
        if _SKIPPED.search(key):
            continue
        shape = case._shapes.get(key)
        if shape is None or len(shape.values) < 20 or len(shape.means) < 2:
            continue
        sizes = np.diff(shape.means) / shape.noise
        for k in np.flatnonzero(np.abs(sizes) >= _JUMP):
            jumps.append((case.step(shape.first(k + 1)), abs(float(sizes[k])), key, shape.means[k], shape.means[k + 1]))
    near = max(2, int(0.02 * np.ptp(case.facts.steps))) if len(case.facts.steps) else 2
    jumps = [jump for jump in jumps if not any(_explains(one, jump[0], jump[2], near) for one in found)]
    together: list[list[tuple]] = []
    for jump in sorted(jumps):
        if together and jump[0] - together[-1][0][0] <= near:
            together[-1].append(jump)
        else:
            together.append([jump])
    result = [_finding(case, sorted(group, key=lambda jump: -jump[1])) for group in together]
    return sorted(result, key=lambda one: -one.strength)[:_SHOWN]


def _explains(finding: Finding, step: int, key: str, near: int) -> bool:
    """Whether a jump belongs to a finding: it is of a series that the finding is about, or of one that goes with it; or it came
    when an alarm began, or while a critical illness lasted."""
    if finding.severity == "skipped" or finding.began is None:
        return False
    about = f"{key}: " in finding.evidence or any(word in key and word in finding.evidence for word in _ABOUT)
    if about and key not in _OUTCOME:
        return True
    if finding.severity == "info":
        return False
    until = finding.ended if finding.ended is not None else np.inf
    lasting = finding.severity == "critical" and finding.began - 2 * near <= step <= until + 2 * near
    return lasting or abs(finding.began - step) <= 2 * near


def _finding(case: Case, group: list[tuple]) -> Finding:
    began = min(jump[0] for jump in group)
    said = [
        f"{key} {'rose' if after > before else 'fell'} from {number(before)} to {number(after)}"
        for _, _, key, before, after in group[:5]
    ]
    worse = any(key in _OUTCOME and after < before for _, _, key, before, after in group)
    return Finding(
        "event",
        "warn" if worse and len(group) >= 2 else "info",
        f"{said[0]} at step {began}" + (f", and {len(group) - 1} other series with it" if len(group) > 1 else ""),
        "; ".join(said),
        f"a jump between two levels of {_JUMP:g} standard deviations of a step or more, which no check explains",
        "look at the completions before and after: `swift-grpo inspect show`; --learning_rate, data order and "
        "server at that time",
        [
            row[0]
            for row in case.index.query(
                f"SELECT min(id) FROM counted WHERE step >= {began} GROUP BY group_id ORDER BY 1 LIMIT 3"
            )
        ],
        round(min(4.0, group[0][1] / _JUMP), 3),
        began=began,
    )


def early_end(case: Case) -> list[Finding]:
    """The log stops before the last step that it announces, and no event says that training ended."""
    last = case.index.run.logs[-1].parent / "logging.jsonl"
    totals = re.findall(rb'"(?:global_step/max_steps|iteration)": *"(\d+)/(\d+)"', _tail(last))
    if not totals or any(event.kind == "end" for event in case.index.events):
        return []
    step, total = map(int, totals[-1])
    if step >= total:
        return []
    return [
        Finding(
            "ended_early",
            "info",
            f"the log stops at step {step} of {total}",
            f"logging.jsonl: last line {step}/{total}, no summary of the end",
            "any; a run that is still going looks the same",
            "if nothing runs any more: exit cause and last lines of the trainer's log; --resume_from_checkpoint",
            strength=0.5,
            began=step,
        )
    ]


def learned(case: Case, found: list[Finding]) -> list[Finding]:
    """That accuracy, or without it the reward, surely rose from the first fifth to the last third, and nothing critical."""
    solved = case.index.knows_right
    if any(one.severity == "critical" for one in found) or len(case.facts.steps) < FEWEST_STEPS:
        return []
    try:
        before, after, error = case.change("solved" if solved else "total_reward", case.step(0), spell=1)
    except Missing:
        return []
    if after - before <= max(_GAINED * (1.0 if solved else 5 * case.facts.spread), SURE * error):
        return []
    what, amount = ("accuracy", "{:.0%}".format) if solved else ("the reward", number)
    return [
        Finding(
            "learned",
            "info",
            f"{what} rose from {amount(before)} to {amount(after)}",
            f"means of the first fifth and the last third of the steps; standard error of the difference {amount(error)}",
            "two standard errors, and 2 points or a tenth of the reward's standard deviation within groups",
            "nothing to fix; `swift-grpo eval` measures it on questions that were not trained on",
            strength=4.0,
        )
    ]


def _tail(path, size: int = 1 << 16) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - size))
            return file.read()
    except OSError:
        return b""
