"""Reads one line of completions.jsonl, from any of its writers, as a record of parallel lists."""

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeGuard

import orjson

# Strings are matched whole, so that only a NaN outside of strings is replaced. Possessive: no backtracking.
_STRING_OR_NAN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|\bNaN\b', re.DOTALL)
_NOT_REWARDS = {
    "step", "gen_step", "global_step", "prompt", "completion", "input", "output", "response", "messages",
    "advantages", "advantage", "entropy", "num_turns", "solution", "gts", "ground_truth", "image", "images",
    "reward", "score",
}  # fmt: skip
_COMPLETIONS = ("completion", "output", "response")
_OPTIONAL = {"solution", "gts", "ground_truth", "entropy", "num_turns", "image", "images"}  # some batches lack them
_NUMERIC = {int, float, bool, type(None)}


@dataclass(frozen=True, slots=True)
class Record:
    """The completions of one line, as parallel lists. Rewards may hold None (no reward for this completion)."""

    step: int | None
    prompts: list[str]
    completions: list[str]
    rewards: dict[str, list]
    reward: list | None  # the total, if the line has it
    advantages: list | None
    entropy: list | None
    solutions: list | None
    single: bool  # one completion per line (Megatron on Ray, verl)


def loads(line: bytes) -> object:
    """JSON with bare NaN and Infinity, as Python's json writes it. Raises ValueError for anything else."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        pass
    if b"NaN" in line:
        try:
            return orjson.loads(_STRING_OR_NAN.sub(_null_for_nan, line))
        except orjson.JSONDecodeError:
            pass
    try:
        return json.loads(line)  # Infinity, lone surrogates
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _null_for_nan(match: re.Match) -> bytes:
    text = match[0]
    return b"null" if text == b"NaN" else text


def parse_line(line: bytes, classes: Collection[str] = ()) -> Record:
    """The record in a line. Raises ValueError if it is not JSON, or has no completions or columns of another length.

    `classes` are the reward classes that logging.jsonl names; without them every column of numbers counts as a reward.

    Schemas: ms-swift 4.6.0 `rlhf_trainers/grpo_trainer.py` (columns, `step`), `megatron/trainers/rollout_mixin.py`
    (columns, `gen_step`), `ray/megatron/base_trainer.py` (one completion per line); verl's rollout dump (`input`,
    `output`, `score`); before ms-swift 3.4 `messages` for the prompt. Texts may be lists of messages, as in TRL.
    """
    data: Any = loads(line)
    columns, single = columns_of(data)
    completions = _first(columns, *_COMPLETIONS)
    steps = _first(data, "step", "gen_step", "global_step")
    return Record(
        step=_int(steps[0] if isinstance(steps, list) and steps else steps),
        prompts=_texts(_first(columns, "prompt", "input", "messages"), len(completions), _chat),
        completions=_texts(completions, len(completions), _said),
        rewards=_rewards(columns, single, classes),
        reward=_first(columns, "reward", "score"),
        advantages=_first(columns, "advantages", "advantage"),
        entropy=columns.get("entropy"),
        solutions=_first(columns, "solution", "gts", "ground_truth"),
        single=single,
    )


def columns_of(data: object) -> tuple[dict[str, list], bool]:
    """A line's columns, each with one value per completion, and whether the line is one completion.

    Raises ValueError if there is no completion, or if a column of numbers or texts has another length.

    >>> columns_of({"step": "1", "completion": ["a", "b"], "Accuracy": [1.0, 0.0]})
    ({'completion': ['a', 'b'], 'Accuracy': [1.0, 0.0]}, False)
    """
    if not isinstance(data, dict):
        raise ValueError("not an object")
    completions = _first(data, *_COMPLETIONS)
    if completions is None:
        raise ValueError("no completion in it")
    if not isinstance(completions, list) or _is_chat(completions):
        return {key: [value] for key, value in data.items()}, True
    n = len(completions)
    columns = {key: value for key, value in data.items() if isinstance(value, list)}
    for key in [key for key, value in columns.items() if len(value) != n]:
        column = columns.pop(key)
        if key not in _OPTIONAL and (key in _NOT_REWARDS or _numeric(column)):
            raise ValueError(f"{key} has {len(column)} values for {n} completions")
    for key in ("prompt", "input"):
        if isinstance(data.get(key), str):  # one for all
            columns[key] = [data[key]] * n
    return columns, False


def _rewards(columns: dict[str, list], single: bool, classes: Collection[str]) -> dict[str, list]:
    if classes:
        return {key: _numbers(key, value) for key, value in columns.items() if key in classes or _unpaid(key, value)}
    rewards = {}
    for key, value in columns.items():
        if key not in _NOT_REWARDS:
            if _numeric(value):
                rewards[key] = value
            elif not single and all(_is_number(one) for one in value):  # numbers as text
                rewards[key] = [float(one) for one in value]
    return rewards


def number_columns(columns: dict[str, list]) -> list[str]:
    """The columns of a line that may be rewards."""
    return [name for name, values in columns.items() if name not in _NOT_REWARDS and _numeric(values)]


def _unpaid(name: str, values: list) -> bool:
    """Whether it is a reward that is None or NaN for every completion; logging.jsonl does not have such a reward."""
    return name not in _NOT_REWARDS and bool(values) and all(value is None or value != value for value in values)


def _numbers(name: str, values: list) -> list:
    """Numbers and None; numbers as text become numbers. Raises ValueError for anything else."""
    if _numeric(values):
        return values
    if not all(value is None or _is_number(value) for value in values):
        raise ValueError(f"{name} holds a value that is not a number")
    return [value if value is None else float(value) for value in values]


def _is_number(value: object) -> bool:
    if not isinstance(value, (int, float, str)):
        return False
    try:
        float(value)
    except (ValueError, OverflowError):
        return False
    return True


def _first(data: dict, *keys: str):
    return next((data[key] for key in keys if data.get(key) is not None), None)


def _int(value: Any) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 2**31 else None


def _numeric(values: list) -> bool:
    """Whether a column holds only numbers and None."""
    return set(map(type, values)) <= _NUMERIC


def _texts(values: list | None, n: int, as_text: Callable[[object], str]) -> list[str]:
    if values is None:
        return [""] * n
    if set(map(type, values)) <= {str}:
        return values
    return [value if isinstance(value, str) else as_text(value) for value in values]


def _chat(value: object) -> str:
    """Messages in ChatML, whatever the model's template; any other value as JSON."""
    if not _is_chat(value):
        return "" if value is None else json.dumps(value, ensure_ascii=False)
    return "".join(f"<|im_start|>{one.get('role')}\n{_content(one)}<|im_end|>\n" for one in value)


def _said(value: object) -> str:
    """A completion's messages as text: the only message's text, or all of them in ChatML."""
    return _content(value[0]) if _is_chat(value) and len(value) == 1 else _chat(value)


def _is_chat(value: object) -> TypeGuard[list[dict]]:
    """Whether a value is a list of messages."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and "role" in one for one in value)


def _content(message: dict) -> str:
    """A message's text; other parts, and tool calls, as JSON."""
    content = message.get("content")
    parts = content if isinstance(content, list) else [content]
    parts = [*parts, *(message.get("tool_calls") or [])] if isinstance(message.get("tool_calls"), list) else parts
    texts = (part.get("text", part) if isinstance(part, dict) else part for part in parts)
    return "".join(text if isinstance(text, str) else _chat(text) for text in texts)
