"""Writes verdicts/REWARD.jsonl beside the log: what a reward decided about each answer, and why.

    {"step": 7, "completion": "2c26b46b68ffc68f", "value": 0.5, "reason": "2 of 4 tests passed; case 3: time"}

`completion` is the beginning of the text's sha256, by which a line is found for a completion of completions.jsonl.
Every rank writes its own answers, a batch in one append, so lines do not mix. Reasons can be a model's words: they are
cut and made printable here. A log that cannot be written never ends a run.
"""

import contextlib
import hashlib
import json
import logging
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

logger = logging.getLogger("grpo_rewards")

FOLDER = "verdicts"
LONGEST = 300  # characters of a text in an entry
_folder: Path | None = None
_kept: list[Mapping[str, Any]] | None = None  # what `kept` collects, instead of a file
_failed: set[str] = set()  # rewards whose log could not be written, each reported once


def open_in(folder: str | None) -> None:
    """Write below `folder` from now on, a run's output folder; None writes nothing."""
    global _folder
    _folder = Path(folder) / FOLDER if folder else None


@contextlib.contextmanager
def kept() -> Iterator[list[Mapping[str, Any]]]:
    """The entries that are written inside the block, as a list and not in a file."""
    global _kept
    before, _kept = _kept, []
    try:
        yield _kept
    finally:
        _kept = before


def entry(completion: str, value: float | None, reason: str, state: Any = None, **more: Any) -> dict[str, Any]:
    """An entry on a completion, given as its whole text; `state` is ms-swift's `trainer_state`, for the step.

    >>> entry("foo", 1.0, "right")
    {'completion': '2c26b46b68ffc68f', 'value': 1.0, 'reason': 'right'}
    """
    step = {} if state is None else {"step": state.global_step + 1}  # as in completions.jsonl: the step that it makes
    text = hashlib.sha256(completion.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return {**step, "completion": text, "value": value, "reason": reason, **more}


def write(reward: str, entries: Sequence[Mapping[str, Any]]) -> None:
    """Append a line for each entry to REWARD.jsonl. Never raises; the first failure of a reward is logged."""
    if _kept is not None:
        _kept.extend(_plain(entry) for entry in entries)
        return
    if _folder is None or not entries:
        return
    try:
        lines = "".join(json.dumps(_plain(entry), allow_nan=False) + "\n" for entry in entries)
        _folder.mkdir(parents=True, exist_ok=True)
        path = _folder / (re.sub(r"[^\w-]", "_", reward)[:100] + ".jsonl")
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, lines.encode())
        finally:
            os.close(file)
    except Exception as error:
        if reward not in _failed:
            _failed.add(reward)
            logger.warning("the verdicts of %s are not logged: %s", reward, type(error).__name__)


def _plain(value: Any) -> Any:
    """The value as JSON can hold it, each text printable and cut."""
    if isinstance(value, Mapping):
        return {_plain(str(name)): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, float):
        return None
    return printable(str(value))


def printable(text: str) -> str:
    """A text as an entry holds it: cut, and on one line without control characters.

    >>> printable("a\\x1b[31m\\nb")
    'a [31m b'
    """
    return "".join(c if c.isprintable() else " " for c in text[:LONGEST])
