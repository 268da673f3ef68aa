"""The turns of a rollout: from trajectories.jsonl, from messages, or from a text with Hermes' marks for tools.

Models and environments wrote the values, so each may be of any JSON type; what is not of the expected one becomes text
or None.
"""

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from swift_grpo.formats.turns import text_of

FILE = "trajectories.jsonl"
_RESULT = re.compile(r"<tool_response>(.*?)(?:</tool_response>|\Z)", re.DOTALL)
_RESULTS = re.compile(r"((?:<tool_response>.*?(?:</tool_response>\s*|\Z))+)", re.DOTALL)
# What the chat template wrote around a turn of results; a decoder that skips special tokens leaves the bare roles.
_BEFORE = re.compile(r"(?:<\|im_end\|>\s*)?(?:<\|im_start\|>|^|\n)user\Z")
_AFTER = re.compile(r"\A(?:<\|im_end\|>\s*)?(?:<\|im_start\|>)?(?:assistant\n)?")
_ASSISTANT = "<|im_start|>assistant\n"
_MOST = 1e15  # larger numbers are neither counts nor times


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call. `arguments`: JSON, or the raw text where it does not parse; `error`: "" or unparsed, unknown,
    arguments, raised, time; `result`: what the model was given, None if unknown; `seconds`: of the tool; `cut`: whether
    the result was shortened."""

    name: str
    arguments: str
    error: str = ""
    result: str | None = None
    seconds: float | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """`role`: assistant, tool, user (an environment's observation) …; `tokens`: sampled ones in a turn of the assistant,
    else masked ones, None if unknown."""

    role: str
    text: str
    tokens: int | None = None
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Trajectory:
    """`stopped_by`: answer, max_turns, context, length, "" if unknown. `rewards`: an environment's, one a step."""

    turns: list[Turn]
    stopped_by: str = ""
    rewards: tuple[float, ...] = ()

    @property
    def calls(self) -> list[Call]:
        return [call for turn in self.turns for call in turn.calls]


def trajectory(value: object) -> Trajectory | None:
    """An element of `trajectories` in a line of trajectories.jsonl, or a sample; None if it has no turns."""
    value = value if isinstance(value, dict) else {}
    turns = [_turn(one) for one in _list(value.get("turns"))]
    rewards = (_number(one) for one in _list(value.get("step_rewards")))
    found = Trajectory(turns, _text(value.get("stopped_by")), tuple(one for one in rewards if one is not None))
    return found if turns else None


def _turn(value: object) -> Turn:
    if not isinstance(value, dict):
        return Turn("", _text(value))
    tokens = _number(value.get("tokens"))
    calls = tuple(_call(one) for one in _list(value.get("calls")))
    return Turn(_text(value.get("role")), _text(value.get("text")), None if tokens is None else int(tokens), calls)


def _call(value: object) -> Call:
    if not isinstance(value, dict):
        return Call("", _text(value))
    name, arguments, error = (_text(value.get(key)) for key in ("name", "arguments", "error"))
    result = None if value.get("result") is None else _text(value["result"])
    return Call(name, arguments, error, result, _number(value.get("seconds")), value.get("cut") is True)


def task(prompt: str) -> str:
    """A prompt without the turns of calls and results, which ms-swift logs in it where a result is a turn of the user;
    in ChatML. So the prompts of a group are equal.

    >>> task("<|im_start|>user\\n2+2?<|im_end|>\\n<|im_start|>assistant\\nHm.<|im_end|>\\n<|im_start|>user\\n<tool_response>4")
    '<|im_start|>user\\n2+2?<|im_end|>\\n<|im_start|>assistant\\n'
    """
    result = prompt.find("<|im_start|>user\n<tool_response>")
    start = prompt.rfind(_ASSISTANT, 0, result) if result > 0 else -1
    return prompt if start < 0 else prompt[: start + len(_ASSISTANT)]


def of_messages(messages: list) -> Trajectory | None:
    """The trajectory in a completion that is a list of messages, as TRL hands it to rewards; None for a single message
    without calls.

    >>> call = {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}
    >>> found = of_messages([{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "content": "2"}])
    >>> [turn.role for turn in found.turns], found.calls
    (['assistant', 'tool'], [Call(name='add', arguments='{"a": 1}', error='', result='2', seconds=None, cut=False)])
    """
    turns: list[Turn] = []
    for one in (one for one in messages if isinstance(one, dict)):
        functions = [call.get("function", call) for call in _list(one.get("tool_calls")) if isinstance(call, dict)]
        calls = tuple(_call(function) for function in functions)
        turns.append(Turn(_text(one.get("role")), _text(text_of(one.get("content"))), None, calls))
    return _answered(turns) if len(turns) > 1 or any(turn.calls for turn in turns) else None


def of_text(text: object) -> Trajectory | None:
    """The trajectory in a text of TRL's or verl's log: prompts and results stand in it as the chat template wrote them.
    None without a mark of a call, and for anything but a text.

    >>> call, result = '<tool_call>{"name": "add", "arguments": {}}</tool_call>', "<tool_response>\\n2\\n</tool_response>"
    >>> found = of_text(f"{call}\\nuser\\n{result}\\nassistant\\nIt is 2.")
    >>> [turn.role for turn in found.turns], found.turns[2].text, found.calls[0].result
    (['assistant', 'tool', 'assistant'], 'It is 2.', '2')
    """
    from grpo_tools.calls import calls

    if not isinstance(text, str) or "<tool_call>" not in text:
        return None
    turns, parts = [], _RESULTS.split(text)
    for k, part in enumerate(parts):
        if k % 2:
            turns.append(Turn("tool", part.strip()))
            continue
        said = _AFTER.sub("", part.lstrip()) if k else part
        said = (_BEFORE.sub("", said.rstrip()) if k < len(parts) - 1 else said).strip()
        turns += [Turn("assistant", said, None, tuple(map(_written, calls(said))))] if said else []
    return _answered(turns)


def _written(call: Any) -> Call:
    """A call of `grpo_tools.calls`."""
    return Call(call.name or "", call.text.strip() if call.error else _text(call.arguments), call.error or "")


def _answered(turns: list[Turn]) -> Trajectory:
    """The turns, where each call has its result: those of the turns after it, in order."""
    found: list[Turn] = []
    results: list[str | None] = []  # of the turns that follow, the last one first
    for turn in reversed(turns):
        if turn.role == "tool":
            results += reversed([one.strip("\n") for one in _RESULT.findall(turn.text)] or [turn.text])
        else:
            given = [*reversed(results), *[None] * len(turn.calls)]
            calls = tuple(replace(call, result=one) for call, one in zip(turn.calls, given, strict=False))
            turn, results = replace(turn, calls=calls), []
        found.append(turn)
    return Trajectory(found[::-1])


def _list(value: object) -> list:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    """A text as it is, "" for None, JSON for anything else."""
    if value is None or isinstance(value, str):
        return value or ""
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return "nested too deeply"


def _number(value: Any) -> float | None:
    """A number that can be shown; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) < _MOST else None
