"""A trajectory in words: what each view shows of its turns and calls, and what a search looks through."""

import json

from swift_grpo.formats.trajectories import Call, Trajectory, Turn
from swift_grpo.rollouts.facts.trajectories import NOT_RUN
from swift_grpo.rollouts.facts.turns import folded

MOST_TURNS, _MOST_PARTS = 100, 50  # that a view shows, and parts of one turn
_ERRORS = NOT_RUN | {"raised": "the tool raised", "time": "over the time limit"}


def error_of(call: Call) -> str:
    """What went wrong, with the word `error`; "" if nothing did."""
    return f"error: {_ERRORS.get(call.error, call.error)}" if call.error else ""


def summary(trajectory: Trajectory) -> list[str]:
    """Counts of the whole trajectory, the last one being what stopped it."""
    calls = trajectory.calls
    sampled = [turn.tokens for turn in trajectory.turns if turn.role == "assistant" and turn.tokens is not None]
    masked = [turn.tokens for turn in trajectory.turns if turn.role != "assistant" and turn.tokens is not None]
    generations = sum(turn.role == "assistant" for turn in trajectory.turns)  # as ms-swift counts `num_turns`
    parts = [_count(generations, "turn")]
    failed = sum(bool(call.error) for call in calls)
    parts += [_count(len(calls), "call") + (f", {_count(failed, 'error')}" if failed else "")] if calls else []
    spent = [call.seconds for call in calls if call.seconds is not None]
    parts += [f"{seconds(sum(spent))} in tools"] if spent else []
    parts += [f"{sum(sampled):,} tokens sampled, {sum(masked):,} masked"] if sampled else []
    rewards = ", ".join(f"{one:g}" for one in trajectory.rewards)
    parts += [f"rewards of the steps {rewards}"] if rewards else []
    return [*parts, f"stopped by {trajectory.stopped_by}"] if trajectory.stopped_by else parts


def heading(turn: Turn) -> str:
    """A turn's role and its tokens."""
    masked = "sampled" if turn.role == "assistant" else "masked"
    return turn.role[:20] + ("" if turn.tokens is None else f" · {_count(turn.tokens, 'token')} {masked}")


def measures(call: Call) -> str:
    """A call's time, and whether its result was cut."""
    known = ["" if call.seconds is None else seconds(call.seconds), "result cut" if call.cut else ""]
    return "".join(f" · {one}" for one in known if one)


def parts(turn: Turn) -> list[tuple[str, str | Call]]:
    """A turn's thought and the rest of its text, as "thought" and "text", with each "call" in its place; the calls come
    last where they are not found in the texts. At most 50.

    >>> call = Call("add", '{"a": 1}')
    >>> written = '<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>'
    >>> parts(Turn("assistant", f"I add. {written} Then?", 9, (call,))) == [
    ...     ("text", "I add. "), ("call", call), ("text", " Then?")]
    True
    """
    from grpo_tools.calls import CLOSE, OPEN, calls

    texts = dict(zip(("thought", "text"), folded(turn.text), strict=True))
    found = {kind: calls(text) if turn.calls else [] for kind, text in texts.items()}
    known = iter(turn.calls)
    pieces: list[tuple[str, str | Call]] = []
    if sum(map(len, found.values())) == len(turn.calls):
        for kind, text in texts.items():
            for written in found[kind]:
                before, _, text = text.partition(OPEN + written.text)
                pieces += [(kind, before), ("call", next(known))]
                text = text.lstrip().removeprefix(CLOSE) if text.lstrip().startswith(CLOSE) else text
            pieces.append((kind, text))
    else:
        pieces = [*texts.items(), *(("call", one) for one in known)]
    return [(kind, one) for kind, one in pieces if isinstance(one, Call) or one.strip()][:_MOST_PARTS]


def readable(arguments: str) -> str:
    """Arguments for reading: a program line by line, other arguments as they are.

    >>> print(readable('{"code": "a = 1\\\\nprint(a)"}'))
    code:
    a = 1
    print(a)
    """
    try:
        values = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    if not isinstance(values, dict) or not any(isinstance(one, str) and "\n" in one for one in values.values()):
        return arguments
    lines = ((key, one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)) for key, one in values.items())
    return "\n".join(f"{key}:\n{one}" if "\n" in one else f"{key}: {one}" for key, one in lines)


def searched(trajectory: Trajectory) -> str:
    """The text in which `grep` looks: turns, arguments, errors, results, and what stopped it."""
    lines: list[str] = []
    for turn in trajectory.turns:
        lines.append(turn.text)
        for call in turn.calls:
            lines.append(" ".join(one for one in (call.name, call.arguments, error_of(call), call.result) if one))
    return "\n".join([*lines, f"stopped by {trajectory.stopped_by}" if trajectory.stopped_by else ""])


def seconds(value: float) -> str:
    return f"{value:.2g}\u00a0s" if value < 100 else f"{value:,.0f}\u00a0s"


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"
