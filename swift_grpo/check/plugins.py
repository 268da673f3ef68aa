"""Plugins: parsed, imported in a process of their own, and what they register for ms-swift."""

import ast
import difflib
import importlib.machinery
import json
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from swift_grpo.check.problem import Problem, skipped, warning
from swift_grpo.check.row_checks import CONVERSATIONS, QUESTIONS, RESPONSES
from swift_grpo.check.tables import parse
from swift_grpo.formats.command_line import Command, path_of
from swift_grpo.formats.rows import messages_of, read_rows

LIMIT_SECONDS = 8.0
PROBE = Path(__file__).with_name("probe.py")
# module of ms-swift 3 -> where its names are in ms-swift 4
MOVED = {
    "swift.plugin": "from swift.rewards import ORM, AsyncORM, orms, rm_plugins (multi_turns: swift.rollout.multi_turn)",
    "swift.llm": "from swift.infer_engine import InferRequest, RequestConfig; ORM and orms are in swift.rewards",
    "swift.trainers.rlhf_trainer": "from swift.rlhf_trainers import …",
    "swift.trainers.rlhf_arguments": "from swift.rlhf_trainers import …",
    "swift.tuners.utils": "from swift.tuners import …",
}


@dataclass
class Plugins:
    """The plugins of a command, being imported while other checks go on; `collect` waits for it."""

    paths: list[str]
    problems: list[Problem] = field(default_factory=list)
    loaded: list[dict] = field(default_factory=list)
    complete: bool = True  # whether all that they register is known
    late: bool = False  # whether an import took longer than this check waits
    calls: dict[str, dict] = field(default_factory=dict)  # what came of the first call of each reward
    _process: subprocess.Popen | None = None
    _question: dict[str, Any] = field(default_factory=dict)

    @property
    def rewards(self) -> dict[str, dict]:
        """What is registered in `orms`, described by probe.py."""
        return {name: facts for one in self.loaded for name, facts in one["orms"].items()}

    def registered(self, registry: str) -> set[str]:
        """The names that the plugins put into a registry of ms-swift; "*" stands for one that is not known here."""
        return {name for one in self.loaded for name in one["registered"].get(registry, [])}


def begin(command: Command) -> Plugins:
    """Parse the plugins, and start to import those that can be."""
    paths = [
        p
        for flag in ("external_plugins", "custom_register_path")
        for p in command.flags.get(flag, [])
        if p not in ("None", "")
    ]
    plugins = Plugins(paths)
    if not (command.trains or command.kind == "rollout") or not paths:
        return plugins
    for path in paths:
        plugins.problems += _parsed(path)
    if plugins.problems:
        plugins.complete = False
        return plugins
    for path in dict.fromkeys(paths):
        plugins.problems += _shadows(path_of(path))
    environ = {k: v for k, v in command.environ.items() if "\0" not in k + v}
    plugins._process = subprocess.Popen(
        [sys.executable, "-P", str(PROBE), *paths],
        env=environ | {"PYTHONPATH": ":".join(p for p in [*sys.path[1:], environ.get("PYTHONPATH", "")] if p)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    if command.grpo and (row := first_row(command)):
        flags: dict[str, Any] = {name: spec["default"] for name, spec in command.specs.items()}
        for name, values in command.flags.items():
            number = flags.get(name) is None or isinstance(flags[name], int | float)
            found = command.number(name) if number else None
            flags[name] = found if found is not None else values[-1] if values else True
        plugins._question = {"rewards": command.values("reward_funcs"), "row": row, "arguments": flags}
    return plugins


def collect(plugins: Plugins) -> None:
    """Wait for the import and for the first calls of the rewards, and add what was found."""
    process = plugins._process
    if process is None:
        return
    plugins._process = None
    named, late = " ".join(plugins.paths), ""
    question = json.dumps(plugins._question, default=str).encode() + b"\n"
    try:
        text = process.communicate(question, timeout=LIMIT_SECONDS)[0]
    except subprocess.TimeoutExpired:
        late = f"did not end within {LIMIT_SECONDS:.0f} seconds"
        process.kill()
        text = process.communicate()[0]
    answers = [line for line in text.decode(errors="replace").splitlines() if line.startswith(("[", "{"))]
    try:
        plugins.loaded = json.loads(answers[0])
    except (ValueError, IndexError):
        plugins.complete = False
        if late:
            plugins.late = True
            what = f"what {named} registers, and its rewards: the import {late}; ms-swift waits for it, in each process"
            plugins.problems.append(skipped(what))
        else:
            ended = f"the import of {named} ended with code {process.returncode}"
            plugins.problems.append(Problem(ended, "import it by hand: python PLUGIN.py"))
        return
    for path, one in zip(plugins.paths, plugins.loaded, strict=False):
        if one["error"] or one["kind"]:
            plugins.complete = False
            if one["kind"] != "RewardError":  # told, with its file and key, by the reward check
                plugins.problems.append(_failed(path, one))
    try:
        plugins.calls = json.loads(answers[1])
    except (ValueError, IndexError):
        rewards = [name for name in plugins._question.get("rewards", []) if name in plugins.rewards]
        plugins.calls = {name: {"skipped": late or "the process ended"} for name in rewards}


def first_row(command: Command) -> dict[str, Any] | None:
    """The first row of the training data as rewards get it: columns renamed, the question and an answer taken into `messages`.

    None where it is not here or cannot be read. Which columns become the question and the answer: dataset/preprocessor/core.py.
    """
    for given in command.values("dataset")[:1]:
        try:
            path = path_of(parse(given).name)
            row = next(islice(read_rows(path), 1), None) if path.is_file() else None
        except Exception:  # reported by the check of the data
            return None
        if row is None:
            return None
        row = {command.columns.get(key, key): value for key, value in row.items()}
        turns = [messages_of(row.pop(column)) for column in CONVERSATIONS if column in row]
        if not turns:
            asked = [column for column in ("instruction", *QUESTIONS) if column in row]
            answered = [column for column in (*RESPONSES, "solution") if column in row]
            turns = [messages_of(row[column]) for column in asked[:1]]
            taken = {*asked[:1], "input"} | set(answered if len(answered) == 1 else ())
            row = {key: value for key, value in row.items() if key not in taken - {"solution"}}
        answers = [turn for turn in turns[0] if turn["role"] != "assistant"] if turns else []
        return row | {"messages": answers}
    return None


def _parsed(path: str) -> list[Problem]:
    file = path_of(path)
    if not file.is_file():
        return [
            Problem(
                f"the plugin file {path} is not there",
                f"give --external_plugins a file that exists, relative to {Path.cwd()}",
            )
        ]
    try:
        ast.parse(file.read_bytes(), str(file))
    except SyntaxError as error:
        kind = "an indentation error" if isinstance(error, IndentationError) else "a syntax error"
        line = (error.text or "").strip()[:60]
        return [
            Problem(
                f"the plugin {path} has {kind} in line {error.lineno}: {error.msg}", f"mend line {error.lineno}: {line}"
            )
        ]
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        return [Problem(f"the plugin {path} cannot be read ({error})", "make it readable UTF-8 Python")]
    return []


def _shadows(file: Path) -> list[Problem]:
    """Modules beside the plugin, whose folder goes first on sys.path, that carry the name of a standard or installed one."""
    found = []
    folder = file.absolute().parent
    try:
        names = {p.stem for p in folder.glob("*.py")} | {p.parent.name for p in folder.glob("*/__init__.py")}
    except OSError:
        return []
    site = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    for name in sorted(names - {"__init__", "__main__", "conftest", "setup"}):
        standard = name in sys.stdlib_module_names
        try:
            installed = not standard and importlib.machinery.PathFinder.find_spec(name, site) is not None
        except (ImportError, ValueError):
            installed = False
        if standard or installed:
            where = folder / f"{name}.py" if (folder / f"{name}.py").exists() else folder / name
            what = "standard" if standard else "installed"
            found.append(
                warning(
                    f"{where} shadows the {what} module `{name}`: the plugin's folder goes first on sys.path",
                    f"rename {where.name}, or move the plugin to a folder of its own",
                )
            )
    return found


def _failed(path: str, one: dict) -> Problem:
    kind, error, name, where = (
        one["kind"],
        one["error"],
        one["name"],
        f"line {one['line']}" if one["line"] else "its import",
    )
    if one["doubtful"]:
        what = f"what the plugin {path} registers: {where} wants more of swift, torch or another package than the stand-ins have"
        return skipped(f"{what} ({kind}: {error})")
    what = f"the plugin {path} fails in {where}: {kind}: {error}"
    if kind == "ModuleNotFoundError" and (
        moved := next((v for k, v in MOVED.items() if name == k or name.startswith(f"{k}.")), "")
    ):
        return Problem(f"{what} (a module of ms-swift 3)", f"in ms-swift 4: {moved}")
    if kind == "ModuleNotFoundError" and name.split(".")[0] == "swift":
        return Problem(what, "import ORM, AsyncORM and orms from swift.rewards; or remove the import")
    if kind == "ModuleNotFoundError":
        return Problem(what, f"pip install the package of `{name}`, or correct the import")
    if "relative import" in error:
        return Problem(
            f"{what} (a plugin is no package)",
            "write an absolute import, without the dot: `from helpers import …` finds helpers.py beside it",
        )
    if kind == "ImportError" and "swift" in error:
        return Problem(what, "import one of ORM, AsyncORM, orms, rm_plugins from swift.rewards")
    if kind == "ImportError":
        return Problem(
            what, "correct the import; a file beside the plugin that carries a module's name has to be renamed"
        )
    if kind == "KeyError":
        return Problem(what, f"set {error} in the environment if it is a variable, or mend {where}")
    return Problem(what, f"mend {where}")


def shown(file: str) -> str:
    """A file as a person names it: from the working folder, where it lies below it."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file


def suggestion(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]}? " if near else ""
