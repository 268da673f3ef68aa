"""Sampling parameters, samples, and the files of sets of samples."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson


@dataclass(frozen=True)
class SamplingParameters:
    """How completions are drawn. All but `n` decide which set a sample belongs to; a larger n extends the same set.

    Raises ValueError for a value out of range.
    """

    n: int = 1  # completions per prompt
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 2048
    system: str | None = None  # the system prompt's text, which replaces a row's own
    seed: int = 0  # a sample's own seed comes from it, the prompt and the index
    tools: str = ""  # names of those that the model may call, separated by commas; then max_tokens is that of a turn
    max_turns: int = 4  # generations of a sample with tools

    def __post_init__(self) -> None:
        limits = {
            "n": (self.n >= 1, "at least 1"),
            "temperature": (0 <= self.temperature <= 10, "from 0 to 10"),
            "top_p": (0 < self.top_p <= 1, "above 0 and at most 1"),
            "max_tokens": (self.max_tokens >= 1, "at least 1"),
            "max_turns": (self.max_turns >= 1, "at least 1"),
        }
        for name, (fits, wanted) in limits.items():
            if not fits:
                raise ValueError(f"--{name.replace('_', '-')} {getattr(self, name)}: it must be {wanted}")

    def of_the_set(self) -> dict[str, Any]:
        """The parameters that identify the set, as JSON values; those of tools only with tools."""
        values = dataclasses.asdict(self)
        for name in ("n",) if self.tools else ("n", "tools", "max_turns"):
            del values[name]
        return values


@dataclass(frozen=True, slots=True)
class Sample:
    """One completion of one prompt: one line of `samples-<set>.jsonl`.

    `completion` is the whole text; reasoning that a server sends separately is in `<think>…</think>` before the answer.
    `finish_reason` is "length" if it was cut off, "stop" if the model ended. Token counts are the server's, or None.
    `seconds` is the time from the request that succeeded to its answer.

    With tools: `completion` has the results too, `completion_tokens` are those of the model in all turns, `turns` are as
    in trajectories.jsonl, and `stopped_by` is answer, max_turns, context or length.
    """

    prompt_id: str  # swift_grpo.formats.rows.prompt_hash of the conversation
    index: int  # 0 .. n - 1
    seed: int
    completion: str
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    seconds: float
    turns: list[dict[str, Any]] | None = None
    stopped_by: str | None = None

    @property
    def own(self) -> str:
        """What the model itself wrote: what is graded."""
        from grpo_rewards.columns import sampled_text

        return self.completion if self.turns is None else sampled_text(self.turns)

    def columns(self) -> dict[str, Any]:
        """The column `rollout_infos`, which ms-swift adds with tools, for rewards; without tools none."""
        from grpo_tools.trajectory import counts

        if self.turns is None:
            return {}
        known = {"sampled_tokens": self.completion_tokens, "stopped_by": self.stopped_by, "turns": self.turns}
        return {"rollout_infos": counts(self.turns) | known}

    @property
    def truncated(self) -> bool:
        return self.finish_reason == "length"

    def line(self) -> bytes:
        names = _FIELDS if self.turns is not None else _FIELDS[:-2]
        return orjson.dumps({name: getattr(self, name) for name in names}, option=orjson.OPT_APPEND_NEWLINE)


_FIELDS = tuple(field.name for field in dataclasses.fields(Sample))


def seed_of(prompt: str, index: int, base: int) -> int:
    """The seed of one sample, below 2**31 and different for each sample of a prompt."""
    start = int.from_bytes(hashlib.blake2b(f"{prompt} {base}".encode(), digest_size=4).digest(), "big")
    return (start + index) % 2**31


def set_id(model: str, parameters: SamplingParameters) -> str:
    """The name of a set: 12 hex digits of a hash of the model's name and of all parameters but n."""
    text = json.dumps([model, parameters.of_the_set()], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def header_of(model: str, parameters: SamplingParameters) -> dict[str, Any]:
    """The first line of a set's file."""
    return {"set": set_id(model, parameters), "model": model, "parameters": parameters.of_the_set()}


def parse(line: bytes) -> Sample:
    """The sample in a line. Raises ValueError if there is none."""
    values: Any = orjson.loads(line)
    if not isinstance(values, dict) or not isinstance(values.get("prompt_id"), str):
        raise ValueError("not a sample")
    if not isinstance(values.get("index"), int) or not isinstance(values.get("completion"), str):
        raise ValueError("not a sample")
    given: list[Any] = [values.get(name) for name in _FIELDS]
    return Sample(*given)


def read_header(path: Path) -> dict[str, Any]:
    """The first line of a file of samples: {"set", "model", "parameters"}. Raises ValueError for another file."""
    with path.open("rb") as file:
        return _header(file, path)


def read_samples(path: Path) -> Iterator[Sample]:
    """The samples of a file in order of arrival, each (prompt_id, index) once.

    A torn last line and lines that are not samples are skipped; the sampler lists them when it resumes. Raises
    ValueError for a file that is not a set of samples, OSError if it cannot be read.
    """
    seen: set[tuple[str, int]] = set()
    with path.open("rb") as file:
        _header(file, path)
        for line in file:
            try:
                one = parse(line)
            except ValueError:
                continue
            if line.endswith(b"\n") and (one.prompt_id, one.index) not in seen:
                seen.add((one.prompt_id, one.index))
                yield one


def _header(file: BinaryIO, path: Path) -> dict[str, Any]:
    try:
        header = orjson.loads(file.readline())
        if isinstance(header, dict) and {"set", "model", "parameters"} <= header.keys():
            return header
    except ValueError:
        pass
    raise ValueError(f"{path} is not a file of samples: its first line must name the set, as `swift-grpo sample` does")
