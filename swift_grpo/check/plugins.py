"""Plugins: parsed, imported in a process of their own, and what they register for ms-swift."""

import ast
import difflib
import importlib.machinery
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from swift_grpo.check.commandline import Command, path_of
from swift_grpo.check.problem import Problem, warning

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
    _process: subprocess.Popen | None = None

    @property
    def rewards(self) -> dict[str, dict]:
        """What is registered in `orms`, described by probe.py."""
        return {name: facts for one in self.loaded for name, facts in one["orms"].items()}

    def registered(self, registry: str) -> set[str]:
        return {name for one in self.loaded for name in one[registry]}


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
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return plugins


def collect(plugins: Plugins) -> None:
    """Wait for the import, and add what it found."""
    process = plugins._process
    if process is None:
        return
    plugins._process = None
    try:
        text = process.communicate(timeout=LIMIT_SECONDS)[0].decode(errors="replace")
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        plugins.complete = False
        plugins.problems.append(
            Problem(
                f"the import of {' '.join(plugins.paths)} did not end within {LIMIT_SECONDS:.0f} seconds",
                "move what takes long, or hangs, from the top of the file into the reward's __init__",
            )
        )
        return
    try:
        plugins.loaded = json.loads(text.splitlines()[-1])
    except (ValueError, IndexError):
        plugins.complete = False
        reason = f"ended with code {process.returncode}"
        plugins.problems.append(
            Problem(f"the import of {' '.join(plugins.paths)} {reason}", "import it by hand: python PLUGIN.py")
        )
        return
    for path, one in zip(plugins.paths, plugins.loaded, strict=False):
        if one["error"] or one["kind"]:
            plugins.complete = False
            if one["kind"] != "RewardError":  # told, with its file and key, by the reward check
                plugins.problems.append(_failed(path, one))


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


def suggestion(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]}? " if near else ""
