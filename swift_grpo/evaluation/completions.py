"""Reads existing completions, from rows of a data set or lines of ms-swift's log, and counts their tokens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from swift_grpo.formats.records import columns_of, loads

COLUMNS = ("completion", "response", "output")


def read(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The rows of a JSONL file, each with `completion`, and the number of lines that could not be read.

    A row is one completion (`completion`, `response`, `output`, or the last assistant turn of `messages`), or a line of
    ms-swift's completions.jsonl, which holds parallel lists. Raises ValueError if no line has a completion.
    """
    rows, unreadable = [], 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                rows += _rows(loads(line), number)
            except (ValueError, RecursionError):
                unreadable += 1
    if not rows:
        raise ValueError(f"{path} has no completions: each line needs `completion`, `response`, `output` or `messages`")
    return rows, unreadable


def _rows(line: Any, number: int) -> list[dict[str, Any]]:
    if not isinstance(line, dict):
        raise ValueError("no object")
    if isinstance(line.get("completion"), list):
        columns, _ = columns_of(line)
        rows = [{key: column[i] for key, column in columns.items()} for i in range(len(columns["completion"]))]
        for row in rows:  # the same prompt in another line is another group
            row["prompt_id"] = f"{number} {row.get('prompt')}"
    else:
        rows = [line]
    return [{**row, "completion": _completion(row), "messages": _messages(row)} for row in rows]


def _completion(row: dict[str, Any]) -> str:
    turns = [
        m.get("content") for m in row.get("messages") or [] if isinstance(m, dict) and m.get("role") == "assistant"
    ]
    for text in (*(row.get(column) for column in COLUMNS), *reversed(turns)):
        if isinstance(text, str):
            return text
    raise ValueError("no completion")


def _messages(row: dict[str, Any]) -> list | None:
    messages = row.get("messages")
    if isinstance(messages, list) and messages and all(isinstance(message, dict) for message in messages):
        return messages
    prompt = next((row[c] for c in ("prompt", "query", "question") if isinstance(row.get(c), str)), None)
    return None if prompt is None else [{"role": "user", "content": prompt}]


def count_tokens(rows: Sequence[dict[str, Any]], tokenizer: str) -> None:
    """Add `response_token_ids` to each row without them. `tokenizer`: a model's folder or hub id.

    Raises ValueError if there is no such tokenizer.
    """
    encoder = tokenizer_of(tokenizer)
    bare = [row for row in rows if row.get("response_token_ids") is None]
    texts = [row["completion"].encode("utf-8", "replace").decode() for row in bare]  # half a surrogate pair is not text
    for row, encoding in zip(bare, encoder.encode_batch(texts, add_special_tokens=False), strict=True):
        row["response_token_ids"] = encoding.ids


def tokenizer_of(name: str) -> Any:
    """The tokenizer of a model's folder or hub id, from the library tokenizers. Raises ValueError if there is none."""
    from tokenizers import Tokenizer

    folder = Path(name)
    try:
        return (
            Tokenizer.from_file(str(folder / "tokenizer.json")) if folder.is_dir() else Tokenizer.from_pretrained(name)
        )
    except Exception as error:  # the library raises nothing more specific
        raise ValueError(f"--tokenizer {name} cannot be read: {error}") from None
