"""Turns and tool calls of a multi-turn run by step, from trajectories.jsonl: one pass, one line of it in memory."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from swift_grpo.formats.trajectories import FILE, Call, Trajectory
from swift_grpo.rollouts.facts.prompts import gold_value
from swift_grpo.rollouts.facts.text_measures import cut
from swift_grpo.rollouts.index import Index, numbers
from swift_grpo.rollouts.reading.rollout_text import RolloutText

NOT_RUN = {"unparsed": "not a call in JSON", "unknown": "no such tool", "arguments": "wrong arguments"}
FAILED = ("raised", "time")
STOPS = ("answer", "max_turns", "context", "length", "error")
SERIES = {
    "tools/calls": ("calls", "offered"),
    "tools/unused": ("unused", "offered"),
    "tools/not_run": ("not_run", "calls"),
    **{f"stopped/{why}": (f"stopped/{why}", "offered") for why in STOPS},
}
PREFIXES = ("tools/", "stopped/")
_LINES = 256  # of a log, whose rows are held at once
_MOST_STEPS = 200  # of a summary
_MOST_TOOLS, _MOST_MESSAGES = 32, 64
_LONGEST = 80  # characters of a name, and of a message
# A row of the data says this before its gold; "result" or "answer" is what a tool says that computes.
_TELLS = re.compile(
    r"< ?answer>|####|\bgold\b|ground.?truth|expected|reference|\bsolution\b|(?:correct|right) answer", re.IGNORECASE
)
_NEAR = 24  # characters between such a word and the gold


@dataclass
class ToolFacts:
    """What the training rollouts that count did.

    `counts` by step: `rollouts` with a trajectory, their `turns`; `offered` are rollouts with tools, `unused` those
    without a call, `stopped/WHY`; `calls`, each error, `not_run`, `cut` (not run
    because the turn was cut off); of a tool `ran NAME`, `raised NAME` and `time NAME`.
    `unreadable`: lines without trajectories for their line of completions.jsonl.
    """

    present: bool = False
    unreadable: int = 0
    counts: dict[int, Counter] = field(default_factory=dict)
    tools: dict[str, Counter] = field(default_factory=dict)  # name -> (error, first line of what it said), counted
    examples: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)

    def series(self, at: np.ndarray) -> dict[str, np.ndarray]:
        """Calls a rollout, and shares, over the steps `at`; NaN for a step without."""
        errors = {f"tools/{e} {tool}": (f"{e} {tool}", f"ran {tool}") for tool in self.tools for e in FAILED}
        counts = [self.counts.get(int(step), Counter()) for step in at]
        series = {
            name: np.array([one[part] / one[of] if one[of] else np.nan for one in counts])
            for name, (part, of) in (SERIES | errors).items()
        }
        return {name: values for name, values in series.items() if np.isfinite(values).any()}

    def total(self, first: int | None = None, last: int | None = None) -> Counter:
        """The counts of the steps from `first` to `last`."""
        return sum((self.counts[step] for step in self._steps(first, last)), Counter())

    def ids(self, key: str, first: int | None, last: int | None) -> list[int]:
        """Of the last three of these steps that have a key of `counts`, the rollouts in which it is highest."""
        return [self.examples[key, step][1] for step in self._steps(first, last) if self.counts[step][key]][-3:]

    def _steps(self, first: int | None, last: int | None) -> list[int]:
        return [one for one in sorted(self.counts) if (first is None or one >= first) and (last is None or one <= last)]

    @property
    def lacks(self) -> str:
        """What is missing where a series is."""
        return f"tool calls in {FILE}" if self.present else f"{FILE} (a run with --multi_turn_scheduler writes it)"

    def add(self, one: Trajectory, step: int, rollout: int) -> None:
        own = self._counted(one)
        total = self.counts.setdefault(step, Counter())
        for key, number in own.items():
            total[key] += number
            if number and number >= self.examples.get((key, step), (0, 0))[0]:
                self.examples[key, step] = number, rollout

    def _counted(self, one: Trajectory) -> dict[str, int]:
        own: dict[str, int] = {"rollouts": 1, "turns": sum(turn.role == "assistant" for turn in one.turns)}
        calls = one.calls
        if one.stopped_by not in STOPS and not calls:  # an environment, which offers no tools
            return own
        own |= {"offered": 1, "calls": len(calls), "unused": not calls}
        if one.stopped_by in STOPS:
            own[f"stopped/{one.stopped_by}"] = 1
        for call in calls:
            for key in self._keys(call):
                own[key] = own.get(key, 0) + 1
        own["cut"] = one.stopped_by == "length" and bool(calls) and calls[-1].error == "unparsed"
        return own

    def _keys(self, call: Call) -> tuple[str, ...]:
        """The counts to which a call adds."""
        error, name = call.error, call.name[:_LONGEST]
        if error in NOT_RUN:
            return error, "not_run"
        if not ran(call) or (name not in self.tools and len(self.tools) >= _MOST_TOOLS):
            return ()
        messages = self.tools.setdefault(name, Counter())
        if error not in FAILED:
            return (f"ran {name}",)
        said = error, (call.result or "").strip().partition("\n")[0][:_LONGEST]
        if said in messages or len(messages) < _MOST_MESSAGES:
            messages[said] += 1
        return error, f"{error} {name}", f"ran {name}"


def ran(call: Call) -> bool:
    """Not so for a call of the last turn, whose result nobody would read."""
    return bool(call.error or call.result or call.seconds)


def read(index: Index, most: int | None = None) -> ToolFacts:
    """Reads the trajectories of a run, or of `most` lines of each file."""
    found = ToolFacts()
    for file, reader in enumerate(index.turns):
        (count, broken), lost = reader.lines, 0
        lines = np.unique(np.linspace(0, count - 1, min(most or count, count)).round().astype(int)).tolist()
        found.present |= count > 0
        for first in range(0, len(lines), _LINES):
            some = numbers(lines[first : first + _LINES])
            of = f"train WHERE file = {file} AND line IN ({some})"
            rows = index.query(f"SELECT line, step, list((i, id) ORDER BY i) FROM {of} GROUP BY ALL ORDER BY line")
            for line, step, members in rows:
                listed = reader.of_line(line, step)
                lost += not listed
                for i, rollout in members:
                    if one := listed[i] if i < len(listed) else None:
                        found.add(one, step, rollout)
        found.unreadable += max(broken, lost)
    return found


def leaked(text: RolloutText) -> float:
    """Whether a tool of its trajectory gave the gold as a row of the data does; NaN without a gold.

    That a result is the answer says nothing: to get it is what a calculator is for. A leak is a tool that knows the gold:
    it says so with a word such as "expected" that is not from the call.
    """
    if not (gold := gold_value(text.solution)):
        return np.nan
    pattern = re.compile(rf"(?<![\w.]){re.escape(gold)}(?!\w|\.\d)")
    for call in text.trajectory.calls if text.trajectory else ():
        result, asked = cut(call.result or ""), cut(call.arguments).lower()
        for told in _TELLS.finditer(result):
            named = pattern.search(result[told.end() : told.end() + _NEAR + len(gold) + 2])
            if named and named.start() <= _NEAR and told[0].lower() not in asked:
                return 1.0
    return 0.0


def said_by_tool(text: RolloutText) -> float:
    """Whether the final answer stands in a result and in no text of the model: a right one is paid for tokens that are not
    trained. NaN without an answer."""
    answer, one = (text.answer or "").strip(), text.trajectory
    if not answer or not one:
        return np.nan
    own = "".join(turn.text for turn in one.turns if turn.role == "assistant")
    return float(answer not in own and any(answer in (call.result or "") for call in one.calls))


def summary(index: Index) -> dict[str, Any] | None:
    """Means over up to 200 steps of the run: turns and calls a rollout, shares of the calls by error, shares of the
    rollouts by what stopped them; number of unreadable lines. None without trajectories; figures of tools only where
    tools are offered."""
    found = read(index, most=_MOST_STEPS)
    total = found.total()
    if not total["rollouts"]:
        return {"unreadable": found.unreadable} if found.unreadable else None
    row: dict[str, Any] = {"turns": total["turns"] / total["rollouts"]}
    if offered := total["offered"]:
        calls = found.series(np.array(sorted(found.counts)))["tools/calls"]
        known = calls[np.isfinite(calls)].tolist()
        row |= {"calls": total["calls"] / offered, "calls_first_last": [known[0], known[-1]]}
        row["errors"] = {error: total[error] / total["calls"] for error in (*NOT_RUN, *FAILED) if total[error]}
        row["stopped_by"] = {why: total[f"stopped/{why}"] / offered for why in STOPS if total[f"stopped/{why}"]}
    return row | {"unreadable": found.unreadable}
