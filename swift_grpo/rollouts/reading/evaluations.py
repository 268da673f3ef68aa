"""evals.jsonl: a line for each evaluated checkpoint, as `swift-grpo eval watch` appends it."""

import contextlib
from pathlib import Path
from typing import Any

import orjson

FILE = "evals.jsonl"


def read(run: Path) -> list[dict[str, Any]]:
    """The entries of a run's evals.jsonl; lines that are none are passed over."""
    entries = []
    with contextlib.suppress(OSError), (run / FILE).open("rb") as file:
        for line in file:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = orjson.loads(line)
                entries.append(entry | {"step": int(entry["step"]), "measures": dict(entry["measures"])})
    return entries
