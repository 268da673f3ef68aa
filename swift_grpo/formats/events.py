"""Reads logging.jsonl, which has one event per line."""

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from swift_grpo.formats.records import loads

_STEP = re.compile(r"\s*(\d+)\s*/")


@dataclass(frozen=True, slots=True)
class Event:
    """One line of logging.jsonl. `kind`: train, eval (keys begin with eval_), or end (the summary of the run)."""

    step: int
    kind: str
    values: dict[str, float]

    @property
    def has_reward(self) -> bool:
        """Completions were generated in this event's window (swift/rlhf_trainers/grpo_trainer.py, `log`)."""
        return self.kind == "train" and "reward" in self.values


def read_events(path: Path) -> list[Event]:
    """The events of a logging.jsonl in order; [] if there is none. Lines without a step are left out.

    The last line of a finished run repeats the whole history and is left out too.
    """
    return list(iterate_events(path))


def iterate_events(path: Path) -> Iterator[Event]:
    """Like `read_events`, one event at a time."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        for line in file:
            if b'"log_history"' not in line and line.endswith(b"\n") and (event := _event(line)):
                yield event


def _event(line: bytes) -> Event | None:
    try:
        data = loads(line)
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    step = _STEP.match(str(data.get("global_step/max_steps") or data.get("iteration") or ""))
    if not step:
        return None
    values = {key: float(value) for key, value in data.items() if isinstance(value, (int, float))}
    values |= {key: float("nan") for key in ("loss", "grad_norm", "kl", "reward") if data.get(key, 0) is None}
    kind = "end" if "train_runtime" in data else "eval" if any(key.startswith("eval_") for key in data) else "train"
    return Event(int(step[1]), kind, values)


def reward_classes(events: Iterable[Event]) -> list[str]:
    """The reward classes in the log (`rewards/<Class>/mean`), in order of their first step.

    A class that is None for a whole batch is not in that step.
    """
    keys = dict.fromkeys(key for event in events for key in event.values)
    return [key[8:-5] for key in keys if key.startswith("rewards/") and key.endswith("/mean")]


def columns(events: list[Event]) -> dict[str, list]:
    """Events as columns, one row per step: `step`, and the union of the keys. A step's last event wins."""
    rows: dict[int, dict] = {}
    for event in events:
        rows.setdefault(event.step, {}).update(event.values)
    names = dict.fromkeys(key for row in rows.values() for key in row)
    return {"step": list(rows), **{name: [row.get(name) for row in rows.values()] for name in names}}
