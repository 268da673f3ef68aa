"""Rows of a data set, read one by one from any file, and the prompt and question of a row."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from swift_grpo.formats.row_files import Record, Row, read_records
from swift_grpo.formats.turns import list_in, standard, unpacked

_SYSTEMS = ("system", "system_prompt")
_ALPACA = ("instruction", "input")
LISTED = 100  # unreadable rows that are listed with their reason; all are counted
_CONVERSATIONS = ("messages", "conversations", "conversation")
_QUESTIONS = (
    "query",
    "question",
    "problem",
    "prompt",
    "instruction",
    "input",
)  # as ms-swift's ResponsePreprocessor has them


@dataclass(frozen=True)
class Unreadable:
    """A row that could not be read: its line or row number, from 1, and why."""

    position: int
    reason: str


class Rows(Iterator[Row]):
    """The rows of a source, once. `position` is the last row's number; `unreadable` counts the rows skipped so far."""

    def __init__(self, name: str, records: Iterable[Record]) -> None:
        self.name = name
        self.position = 0
        self.read = 0
        self.unreadable = 0
        self.columns: list[str] = []  # of the first row
        self.listed: list[Unreadable] = []
        self._records = iter(records)

    def __next__(self) -> Row:
        while True:
            self.position, row, reason = next(self._records)
            if row is not None:
                self.read += 1
                self.columns = self.columns or list(row)
                return row
            self.unreadable += 1
            if len(self.listed) < LISTED:
                self.listed.append(Unreadable(self.position, reason))

    def complaint(self) -> str:
        """One line on the skipped rows, '' if there are none."""
        if not self.unreadable:
            return ""
        first = self.listed[0]
        return f"{self.unreadable} of {self.read + self.unreadable} rows of {self.name} could not be read; the first: row {first.position}, {first.reason}"  # noqa: E501


def read_rows(source: Path | str) -> Rows:
    """The rows of a JSONL, JSON, CSV, TSV or parquet file, streamed. Unreadable rows are skipped, counted and listed.

    Raises ValueError for another kind of file or one that cannot be read at all, and OSError.
    """
    path = Path(source)
    path.stat()
    return Rows(str(source), read_records(path))


def from_iterable(name: str, rows: Iterable[Any]) -> Rows:
    """Rows from another source, such as a data set of a hub."""
    return Rows(
        name,
        ((i, row, "") if isinstance(row, dict) else (i, None, "not an object") for i, row in enumerate(rows, start=1)),
    )


def prompt_of(row: Row) -> list[dict[str, str]] | None:
    """The conversation for a model to answer, without final assistant turns; None if there is none.

    Reads `messages` and ShareGPT's `conversations`, also as JSON text, or one text in `query`, `question`, `problem`,
    `prompt` and the like, with Alpaca's `input`, the turns of `history` and the text of `system`.

    >>> prompt_of({"messages": [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}]})
    [{'role': 'user', 'content': '2+2?'}]
    >>> prompt_of({"problem": "2+2?"}) == prompt_of({"conversations": [{"from": "human", "value": "2+2?"}]})
    True
    >>> prompt_of({"instruction": "Add", "input": "2 and 2", "output": "4"})
    [{'role': 'user', 'content': 'Add\\n2 and 2'}]
    """
    _, messages = _conversation(row)
    while messages and messages[-1]["role"] == "assistant":
        messages.pop()
    return messages or None


def prompt_columns(row: Row) -> tuple[str, ...]:
    """The columns that `prompt_of` reads; the first one has the conversation or the question."""
    return _conversation(row)[0]


def _conversation(row: Row) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    names, messages = _turns(row)
    own = next((name for name in _SYSTEMS if isinstance(row.get(name), str) and row[name]), None)
    if own is None or not messages or messages[0]["role"] == "system":
        return names, messages
    return (*names, own), [{"role": "system", "content": row[own]}, *messages]


def _turns(row: Row) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    for name in _CONVERSATIONS:
        if name in row and (messages := messages_of(row[name])):
            return (name,), messages
    both = [text for name in _ALPACA if isinstance(text := row.get(name), str) and text]
    alpaca = "\n".join(both) if len(both) == len(_ALPACA) else None
    for names, value in ((_ALPACA, alpaca), *(((name,), row.get(name)) for name in _QUESTIONS)):
        if messages := messages_of(value):
            earlier = _history(row.get("history"))
            return (*names, "history") if earlier else names, [*earlier, *messages]
    return (), []


def _history(pairs: Any) -> list[dict[str, str]]:
    """The earlier turns in ms-swift's column `history`: `[["question", "answer"], …]`, maybe as text."""
    pairs = [pair for pair in list_in(pairs) or () if isinstance(pair, list) and len(pair) == 2]
    return messages_of([{"user": asked, "assistant": answered} for asked, answered in pairs])


def messages_of(value: Any) -> list[dict[str, str]]:
    """A conversation, or one text as the user's turn, as `role` and `content` alone; empty for anything else."""
    value = unpacked(value)
    if isinstance(value, str) and value.strip():
        return [{"role": "user", "content": value}]
    if not isinstance(value, list | tuple) or not all(isinstance(turn, dict) for turn in value):
        return []
    turns = [turn for source in value for turn in standard(source)]
    if not all(isinstance(turn.get(key), str) for turn in turns for key in ("role", "content")):
        return []
    return [{"role": turn["role"], "content": turn["content"]} for turn in turns]


def at(row: Row, path: str) -> Any:
    """The value of a column, or of a path into its objects and lists, which may be JSON text; None if missing.

    >>> row = {"reward_model": {"ground_truth": "4"}, "extra": '{"answers": ["4", "four"]}'}
    >>> at(row, "reward_model.ground_truth"), at(row, "extra.answers.1"), at(row, "reward_model.style"), at(row, "gold")
    ('4', 'four', None, None)
    """
    if path in row:
        return row[path]
    value: Any = row
    for part in path.split("."):
        if isinstance(value, str):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                return None
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict):
            value = value.get(part)
        else:
            return None
    return value


def question_of(row: Row) -> str | None:
    """The text of all user turns; None if there is none. Rows with the same question are duplicates."""
    said = "\n".join(message["content"] for message in prompt_of(row) or () if message["role"] == "user")
    return said if said.strip() else None


def prompt_hash(messages: Sequence[dict[str, str]]) -> str:
    """32 hexadecimal digits from roles and contents only, the same on every machine.

    >>> prompt_hash([{"role": "user", "content": "2+2?"}])
    '1d49225642f60649321c8900efe69922'
    """
    pairs = [(message["role"], message["content"]) for message in messages]
    return hashlib.blake2b(json.dumps(pairs).encode(), digest_size=16).hexdigest()
