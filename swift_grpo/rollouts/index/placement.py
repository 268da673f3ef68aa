"""Gives the scanned rows their place in the run: duplicates, evaluation, groups. Pure; passes state from part to part.

A block was generated together: a line of columns, or the lines of one step where a line is one completion.
"""

from dataclasses import asdict, dataclass, field

import numpy as np

from swift_grpo.formats.events import Event
from swift_grpo.rollouts.reading.scan import Scan

_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)


@dataclass
class State:
    """The state that the next part of a file needs from the parts before it. Plain numbers, so JSON can hold it."""

    next_line: int = 0
    next_group: int = 0
    last_hashes: list[int] = field(default_factory=list)  # content of the last line's completions
    step: int = -1
    lines_of_step: int = 0  # lines of the current step so far
    restarts: list[list[int]] = field(default_factory=list)  # [line, step]: at this line the run continues at step
    prompts_of_step: dict[str, list[int]] = field(default_factory=dict)  # prompt hash -> [group, completions so far]

    def to_json(self) -> dict:
        return asdict(self)


@dataclass(frozen=True)
class Rules:
    """G in training and evaluation (None: group by prompt), and the logging events by step."""

    group_size: int | None
    eval_group_size: int | None
    events: dict[int, list[Event]]


def events_by_step(events: list[Event]) -> dict[int, list[Event]]:
    by_step: dict[int, list[Event]] = {}
    for event in events:
        by_step.setdefault(event.step, []).append(event)
    return by_step


def place(scan: Scan, state: State, rules: Rules) -> dict[str, np.ndarray]:
    """Columns line, step, is_eval, duplicate, group_id, member for the scan's rows. Advances `state`."""
    lines, n = scan.lines, len(scan.rows["i"])
    columns = {
        "line": np.repeat(np.arange(len(lines["count"])) + state.next_line, lines["count"]),
        "step": np.repeat(lines["step"], lines["count"]).astype(np.int32),
        "is_eval": np.zeros(n, dtype=bool),
        "duplicate": np.zeros(n, dtype=bool),
        "group_id": np.full(n, -1, dtype=np.int64),
        "member": np.full(n, -1, dtype=np.int32),
    }
    hashes = _content(scan)
    prompts = scan.rows["prompt_hash"]
    ends = np.cumsum(lines["count"])
    k, total = 0, len(ends)
    while k < total:
        step, single, last = int(lines["step"][k]), bool(lines["single"][k]), k
        while single and last + 1 < total and lines["single"][last + 1] and lines["step"][last + 1] == step:
            last += 1
        begin, end = int(ends[k] - lines["count"][k]), int(ends[last])
        if lines["readable"][k]:
            _enter_step(state, step, state.next_line + k, single)
            if single:
                _place_single(columns, begin, end, prompts, state, rules)
            else:
                _place_line(columns, begin, end, hashes, prompts, state, rules)
            state.lines_of_step += 1
        k = last + 1
    state.next_line += total
    return columns


def _enter_step(state: State, step: int, line: int, single: bool) -> None:
    """Records a new step. A lower step means that the run was resumed into its old folder and repeats steps."""
    if step == state.step:
        return
    if not single and 0 <= step < state.step:
        state.restarts.append([line, step])
    state.step, state.lines_of_step, state.prompts_of_step = step, 0, {}


def _content(scan: Scan) -> np.ndarray:
    """A hash per row of prompt, completion, rewards and advantage. Without step and entropy, which a repeat changes."""
    mix = scan.rows["prompt_hash"].view(np.uint64) * _MIX[0] + scan.rows["completion_hash"].view(np.uint64)
    for numbers in (scan.rows["total"], scan.rows["advantage"], *(scan.rewards[name] for name in sorted(scan.rewards))):
        if not np.isnan(numbers).all():
            mix = (mix ^ (mix >> np.uint64(29))) * _MIX[1] + numbers.view(np.uint32)
    return mix.view(np.int64)


def _place_line(columns, begin, end, hashes, prompts, state: State, rules: Rules) -> None:
    content = hashes[begin:end]
    event = _event(state, rules)
    fresh = event is not None and event.has_reward
    old = 0 if fresh else _overlap(np.array(state.last_hashes, dtype=np.int64), content)
    state.last_hashes = content.tolist()
    columns["duplicate"][begin : begin + old] = True
    is_eval = event is not None and event.kind == "eval"
    columns["is_eval"][begin + old : end] = is_eval
    size = (rules.eval_group_size or rules.group_size) if is_eval else rules.group_size
    _group(columns, begin + old, end, prompts, size, state)


def _event(state: State, rules: Rules) -> Event | None:
    """The event that wrote this line. The trainer writes both files once per event, in the same order within a step."""
    events = rules.events.get(state.step, [])
    return events[state.lines_of_step] if state.lines_of_step < len(events) else None


def _overlap(before: np.ndarray, now: np.ndarray) -> int:
    """How many of the first rows of `now` are the last rows of `before`. The trainer's buffer drops the oldest."""
    if not len(before) or not len(now):
        return 0
    for start in np.flatnonzero(before == now[0]):
        length = len(before) - start
        if length <= len(now) and np.array_equal(before[start:], now[:length]):
            return int(length)
    return 0


def _group(columns, begin: int, end: int, prompts, size: int | None, state: State) -> None:
    n = end - begin
    if size and n % size == 0:
        place = np.arange(n)
        columns["group_id"][begin:end] = state.next_group + place // size
        columns["member"][begin:end] = place % size
        state.next_group += n // size
        return
    _, first, which = np.unique(prompts[begin:end], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))  # groups in the order of their first completion
    which = rank[which]
    order = np.argsort(which, kind="stable")
    sizes = np.bincount(which, minlength=len(first))
    member = np.empty(n, dtype=np.int64)
    member[order] = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    columns["group_id"][begin:end] = state.next_group + which
    columns["member"][begin:end] = member
    state.next_group += len(first)


def _place_single(columns, begin: int, end: int, prompts, state: State, rules: Rules) -> None:
    """Places completions that are one a line: blocks of G within the step, or by prompt."""
    size = rules.group_size
    for row in range(begin, end):
        key = "" if size else str(prompts[row])
        members = state.prompts_of_step.get(key)
        if members is None or members[1] == size:
            members = state.prompts_of_step[key] = [state.next_group, 0]
            state.next_group += 1
        columns["group_id"][row], columns["member"][row] = members
        members[1] += 1
