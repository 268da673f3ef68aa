"""Finds complete checkpoints. Each start of ms-swift, even a resumed one, makes a new `vN-<time>` folder, and a run
that dies while it saves leaves a torn checkpoint."""

import json
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from swift_grpo.formats.events import Event
from swift_grpo.formats.run_files import find_run

STATE = "trainer_state.json"  # written last (transformers/trainer.py, `_save_checkpoint`)
IN_PROGRESS = "checkpoint-is-incomplete.txt"  # transformers/trainer_jit_checkpoint.py
WEIGHTS = ("*.safetensors", "pytorch_model*.bin", "adapter_model.bin")


def last_checkpoint(output_dir: Path, to_resume: bool = False, since: float = 0.0) -> Path:
    """The newest complete checkpoint below `output_dir`; with `to_resume` one that also has the optimizer's state.

    `since`: ignore checkpoints written before (seconds since 1970).

    Raises ValueError if there is none, naming the newest torn one and what it lacks.
    """
    found = sorted(checkpoints(output_dir), key=lambda path: (path.stat().st_mtime, step_of(path)), reverse=True)
    found = [path for path in found if path.stat().st_mtime >= since]
    lacking = {}
    for path in found:
        lacking[path] = what_is_missing(path, to_resume)
        if not lacking[path]:
            return path
    torn = f"; {found[0]} cannot be used: {lacking[found[0]]}" if found else "; --save_steps says when one is written"
    raise ValueError(f"no {'complete ' if found else ''}checkpoint below {output_dir}{torn}")


def checkpoints(output_dir: Path) -> list[Path]:
    return [path for path in output_dir.glob("**/checkpoint-*") if re.fullmatch(r"checkpoint-\d+", path.name)]


def step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.split("-")[1])


def steps(output_dir: Path) -> list[Event]:
    """The training steps logged below an output folder, each once, over all `vN-` folders of a resumed run. Of a
    repeated step the last one counts. Raises ValueError if there is no run."""
    found = {event.step: event for event in find_run(output_dir).events() if event.kind == "train"}
    return [found[step] for step in sorted(found)]


def size(checkpoint: Path) -> int:
    """The bytes of all its files."""
    return sum(path.stat().st_size for path in checkpoint.rglob("*") if path.is_file())


def what_is_missing(checkpoint: Path, to_resume: bool = False) -> str:
    """Why the checkpoint is not usable, '' if it is complete. Reads the heads and ends of files, not the weights."""
    looks = [_unfinished, _state, _weights, _torn_files]
    return next((why for look in ([*looks, _optimizer] if to_resume else looks) if (why := look(checkpoint))), "")


def _unfinished(checkpoint: Path) -> str:
    return "it was being written when the run ended" if (checkpoint / IN_PROGRESS).exists() else ""


def _state(checkpoint: Path) -> str:
    try:
        state = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return f"{STATE} is missing: it was being written when the run ended"
    except (OSError, ValueError):
        return f"{STATE} cannot be read"
    return "" if isinstance(state, dict) and "global_step" in state else f"{STATE} names no global_step"


def _weights(checkpoint: Path) -> str:
    for index in checkpoint.glob("*.index.json"):
        try:
            shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return f"{index.name} cannot be read"
        if lost := sorted(name for name in shards if not (checkpoint / str(name)).is_file()):
            return f"{lost[0]} is missing"
    return "" if any(next(checkpoint.glob(pattern), None) for pattern in WEIGHTS) else "it has no weights"


def _torn_files(checkpoint: Path) -> str:
    """The first file that was cut off, among the kinds of file that store their length."""
    kinds: list[tuple[str, Callable[[Path], bool]]] = [("*.safetensors", whole_safetensors)]
    kinds += [(pattern, zipfile.is_zipfile) for pattern in ("*.pt", "*.pth", "*.bin")]  # of torch.save
    for pattern, whole in kinds:
        for path in sorted(checkpoint.rglob(pattern)):
            if path.name != "training_args.bin" and not whole(path):
                return f"{path.relative_to(checkpoint)} is torn"
    return ""


def _optimizer(checkpoint: Path) -> str:
    """What is missing of the optimizer's state, in its own files or in DeepSpeed's folder that `latest` names."""
    latest = checkpoint / "latest"
    needed = ["rng_state*.pth"]
    if latest.is_file():
        folder = latest.read_text(encoding="utf-8", errors="replace").strip()
        needed += [f"{folder}/*optim_states.pt", f"{folder}/*model_states.pt"]
    else:
        needed += ["optimizer*", "scheduler.pt"]
    lost = [pattern for pattern in needed if next(checkpoint.glob(pattern), None) is None]
    return f"{lost[0]} is missing (saved with --save_only_model?)" if lost else ""


def whole_safetensors(path: Path) -> bool:
    """Whether the file is as long as its header says: 8 bytes of length, the header, then the tensors' bytes
    (huggingface.co/docs/safetensors, "Format")."""
    try:
        total = path.stat().st_size
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > total:
                return False
            header = json.loads(file.read(length))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error):
        return False
    return total == 8 + length + max(ends, default=0)
