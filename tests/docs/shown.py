"""Whether what a page shows exists: commands with their options, scripts with their flags and variables, modules, files."""

import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import typer.main

from swift_grpo.check.known_flags import known
from swift_grpo.commands.main import app
from tests.conftest import ROOT
from tests.docs.commands_page import commands
from tests.docs.shell_words import Shown

OTHERS = set("cd export mapfile nft pip printf sed source uv vllm".split())  # not ours to check
OTHERS_VARIABLES = {"NCCL_DEBUG", "USE_HF", "WANDB_MODE"}  # read by wandb, NCCL and ms-swift
FLAG = re.compile(r"--([a-z][a-z0-9_-]*)")


def faults(command: Shown) -> Iterator[str]:
    """What is wrong with a command, as sentences."""
    if not command.words:
        return
    first, *rest = command.words
    if first == "swift-grpo":
        yield from _swift_grpo(rest)
        yield from _unread(command, sorted((ROOT / "swift_grpo").rglob("*.py")))
    elif first in ("bash", "sbatch"):
        yield from _script(command, rest)
    elif first == "swift":
        yield from _unknown(rest[1:], ms_swift(rest[0]) if rest else set(), f"swift {' '.join(rest[:1])}")
    elif first == "python" and rest[:1] == ["-m"]:
        yield from _module(rest[1], rest[2:])
    elif first == "pytest":
        yield from (f"{word} is not there" for word in rest if "/" in word and not (ROOT / word).exists())
    elif first not in OTHERS:
        yield f"nobody knows how to check `{first}`: add it to tests/docs/shown.py"


def _swift_grpo(words: list[str]) -> Iterator[str]:
    """Parsed by the application itself, whose functions are not called."""
    own, _, passed_on = (list(part) for part in _at(words, "--"))
    group = typer.main.get_command(app)
    for command in _all_commands(group):
        command.callback = lambda **_: None
    try:
        group.main(words, prog_name="swift-grpo", standalone_mode=False)
    except Exception as error:
        yield f"swift-grpo {' '.join(words)}: {getattr(error, 'message', '') or error}"
        return
    options = command_options(" ".join(["swift-grpo", *own]))
    yield from _unknown([word for word in own if word.startswith("--")], options, "swift-grpo " + " ".join(own[:2]))
    if own[:1] == ["sweep"]:  # words of sbatch
        return
    if passed_on[:1] != ["swift"]:  # flags alone: of the server, or of a training command
        yield from _unknown(passed_on, ms_swift("deploy") | ms_swift("rlhf"), "what stands behind --")
        return
    for one in " ".join(passed_on).split(" :: "):
        yield from faults(Shown({}, one.split()))


def _script(command: Shown, words: list[str]) -> Iterator[str]:
    name = next((word for word in words if word.endswith((".sh", ".slurm"))), "")
    path = ROOT / name
    if not path.is_file():
        yield f"{name or ' '.join(words)} is no script of this repository"
        return
    flags = words[words.index(name) + 1 :]
    yield from _unknown(flags, script_flags(path), name)
    yield from _unread(command, _sources(path))


def _module(name: str, words: list[str]) -> Iterator[str]:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.origin:
        yield f"there is no module {name}"
        return
    package = importlib.util.find_spec(f"{name}.__main__") if spec.submodule_search_locations else spec
    source = Path(package.origin).read_text(encoding="utf-8") if package else ""
    if "__main__" not in source and not spec.submodule_search_locations:
        yield f"python -m {name} would do nothing"
    yield from (f"{name} has no {word}" for word in words if word.startswith("--") and word not in source)


def _unknown(words: list[str], known_names: set[str], whose: str) -> Iterator[str]:
    for word in words:
        found = FLAG.match(word)
        if found and found[1] not in known_names:
            yield f"{whose} has no --{found[1]}"


def _unread(command: Shown, sources: list[Path]) -> Iterator[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in sources if command.variables)
    for name in command.variables:
        if name not in OTHERS_VARIABLES and not re.search(rf"\b{name}\b", text):
            yield f"{command.words[1]} reads no variable {name}"


def _sources(script: Path) -> list[Path]:
    """The script, what it sources, and, where it is no recipe itself, the recipes that it calls."""
    found = [script, ROOT / "scripts/lib/recipe.sh"]
    if script.suffix == ".slurm" or "examples" in script.relative_to(ROOT).parts:
        called = re.findall(r"scripts/\w+\.sh", script.read_text(encoding="utf-8"))
        found += [ROOT / "examples/lib.sh", *(ROOT / name for name in sorted(set(called)))]
    return found


@cache
def script_flags(script: Path) -> set[str]:
    """Flags that a script takes: its own, and those of every `swift …` and `swift-grpo …` that it may hand them on to."""
    text = "".join(path.read_text(encoding="utf-8") for path in _sources(script))
    flags = set(FLAG.findall(text))
    for kind in re.findall(r"swift (rlhf|sft|rollout|infer|export|deploy)\b", text):
        flags |= ms_swift(kind)
    for words, _ in commands():
        if " ".join(words.split()[:2]) in text:
            flags |= command_options(words)
    return flags


@cache
def ms_swift(kind: str) -> set[str]:
    return set(known()["flags"].get(kind, ()))


def command_options(words: str) -> set[str]:
    """The long options of the command that the words begin with, without dashes; `eval MODEL` is `eval run`,
    and `runs FOLDER` is `runs list`."""
    every = dict(commands())
    fitting = [name for name in every if f"{words} ".startswith(f"{name} ")]
    short = "swift-grpo runs list" if words.startswith("swift-grpo runs") else "swift-grpo eval run"
    command = every[fitting[0] if fitting else short]
    return {
        name.removeprefix("--")
        for p in command.params
        for name in (*p.opts, *p.secondary_opts)
        if name.startswith("--")
    } | {"help"}


def _all_commands(group) -> Iterator:
    for command in group.commands.values():
        yield from _all_commands(command) if hasattr(command, "commands") else [command]


def _at(words: list[str], mark: str) -> tuple[list[str], list[str], list[str]]:
    place = words.index(mark) if mark in words else len(words)
    return words[:place], words[place : place + 1], words[place + 1 :]
