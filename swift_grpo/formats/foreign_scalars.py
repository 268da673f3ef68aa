"""Converts the scalars that other trainers log into the lines of a logging.jsonl."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

# Names of verl (trainer/ppo/metric_utils.py) and older TRL -> names of ms-swift. The later of two synonyms wins.
_NAMES = {
    "actor/lr": "learning_rate", "actor/grad_norm": "grad_norm", "actor/pg_loss": "loss",
    "actor/pg_clipfrac": "clip_ratio/region_mean",
    "actor/reward_kl_penalty": "kl", "actor/kl_loss": "kl", "actor/entropy_loss": "entropy/mean", "actor/entropy": "entropy/mean",
    "critic/score/mean": "reward", "response_length/mean": "completions/mean_length",
    "response_length/min": "completions/min_length", "response_length/max": "completions/max_length",
    "response_length/clip_ratio": "completions/clipped_ratio",
    "timing_s/step": "step_time", "training/epoch": "epoch",
    "entropy": "entropy/mean", "completion_length": "completions/mean_length", "clip_ratio": "clip_ratio/region_mean",
}  # fmt: skip
_VALIDATION = "val"  # verl's keys of an evaluation begin with it
_BEGINNING = 1 << 16  # bytes that show a file's kind


def scalars_of(folder: Path) -> bytes | None:
    """The logging.jsonl of a folder of TRL (newest trainer_state.json) or verl (its file logger, next to the dumps or
    one folder above). None if there is neither."""
    if state := trainer_state(folder):
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            data = json.loads(state.read_bytes())
            return _lines(data["log_history"], data.get("max_steps") or data.get("global_step") or 0)
    if path := file_logger(folder):
        with contextlib.suppress(OSError):
            return _lines(_of_verl(path), 0)
    return None


def trainer_state(folder: Path) -> Path | None:
    """The newest trainer_state.json of an output folder and its checkpoints."""
    found = [*folder.glob("trainer_state.json"), *folder.glob("checkpoint-*/trainer_state.json")]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def file_logger(folder: Path) -> Path | None:
    """The file of verl's `trainer.logger`, lines {"step": 1, "data": {…}} (verl/utils/tracking.py, `FileLogger`)."""
    listed = [
        path for place in (folder, folder.parent) for path in sorted(place.glob("*.jsonl")) if not path.stem.isdigit()
    ]
    return next((path for path in listed if _is_of_verl(path)), None)


def _is_of_verl(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError), path.open("rb") as file:
        first = json.loads(file.readline(_BEGINNING))
        return isinstance(first, dict) and first.keys() == {"step", "data"} and isinstance(first["data"], dict)
    return False


def _of_verl(path: Path) -> Iterator[dict]:
    for line in path.read_bytes().split(b"\n"):
        with contextlib.suppress(ValueError, TypeError, AttributeError, KeyError):
            entry = json.loads(line)
            data = {key: value for key, value in entry["data"].items() if not key.startswith(_VALIDATION)}
            yield {"step": entry["step"], **data}
            if evaluated := {f"eval_{k}": v for k, v in entry["data"].items() if k.startswith(_VALIDATION)}:
                yield {"step": entry["step"], **evaluated}


def _lines(entries, most: int) -> bytes:
    lines = []
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("step"), int):
            continue
        line: dict[str, str | float] = {"global_step/max_steps": f"{entry['step']}/{max(most, entry['step'])}"}
        for key, value in entry.items():
            if isinstance(value, (int, float)) and key != "step":
                line[_named(key)] = value
        lines.append(json.dumps(line) + "\n")
    return "".join(lines).encode()


def _named(key: str) -> str:
    """A key as ms-swift writes it. In older TRL a reward's mean has no `/mean`."""
    return f"{key}/mean" if key.startswith("rewards/") and key.count("/") == 1 else _NAMES.get(key, key)
