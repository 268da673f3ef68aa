"""One line of completions.jsonl: bytes to a record of parallel lists, whichever of the writers made it."""

import json
import re
from dataclasses import dataclass

import orjson

# Strings are matched whole, so that only a NaN outside of them is replaced. Possessive: no backtracking.
_STRING_OR_NAN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|\bNaN\b', re.DOTALL)
_NOT_REWARDS = {
    "step", "gen_step", "global_step", "prompt", "completion", "input", "output", "response", "messages",
    "advantages", "advantage", "entropy", "num_turns", "solution", "gts", "ground_truth", "image", "images",
    "reward", "score",
}  # fmt: skip
_NUMERIC = {int, float, bool, type(None)}


@dataclass(frozen=True, slots=True)
class Record:
    """The completions of one line. Lists run in parallel; rewards may hold None (no reward for this completion)."""

    step: int | None
    prompts: list[str]
    completions: list[str]
    rewards: dict[str, list]
    reward: list | None  # the total, where the line names it
    advantages: list | None
    entropy: list | None
    solutions: list | None
    single: bool  # one completion a line (Megatron on Ray, verl)


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


def parse_line(line: bytes) -> Record:
    """The record in a line. Raises ValueError if it is not JSON or holds no completions.

    Schemas: ms-swift 4.6.0 `rlhf_trainers/grpo_trainer.py` (columns, `step`), `megatron/trainers/rollout_mixin.py`
    (columns, `gen_step`), `ray/megatron/base_trainer.py` (one completion a line); verl's rollout dump (`input`,
    `output`, `score`).
    """
    data = loads(line)
    if not isinstance(data, dict):
        raise ValueError("not an object")
    completions = _first(data, "completion", "output", "response")
    if completions is None:
        raise ValueError("no completion in it")
    single = not isinstance(completions, list)
    if single:
        data = {key: [value] for key, value in data.items()}
        completions = _first(data, "completion", "output", "response")
    n = len(completions)
    columns = {key: value for key, value in data.items() if isinstance(value, list) and len(value) == n}
    steps = _first(data, "step", "gen_step", "global_step")
    return Record(
        step=_int(steps[0] if isinstance(steps, list) and steps else steps),
        prompts=_texts(_first(columns, "prompt", "input"), n),
        completions=_texts(completions, n),
        rewards={key: value for key, value in columns.items() if key not in _NOT_REWARDS and _numeric(value)},
        reward=_first(columns, "reward", "score"),
        advantages=_first(columns, "advantages", "advantage"),
        entropy=columns.get("entropy"),
        solutions=_first(columns, "solution", "gts", "ground_truth"),
        single=single,
    )


def _first(data: dict, *keys: str):
    return next((data[key] for key in keys if data.get(key) is not None), None)


def _int(value: object) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 2**31 else None


def _numeric(values: list) -> bool:
    """Whether a column holds numbers and None alone."""
    return set(map(type, values)) <= _NUMERIC


def _texts(values: list | None, n: int) -> list[str]:
    if values is None:
        return [""] * n
    if set(map(type, values)) <= {str}:
        return values
    return [value if isinstance(value, str) else _as_text(value) for value in values]


def _as_text(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
