"""Plugins: parsed, imported in another process, and what they register for ms-swift."""

import ast
import difflib
import importlib.machinery
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from swift_grpo.check.data import parse
from swift_grpo.check.flags import REGISTRIES, _no_choice
from swift_grpo.check.problem import ERROR, SKIPPED, WARNING, Problem
from swift_grpo.check.rows import CONVERSATIONS, QUESTIONS, RESPONSES
from swift_grpo.check.rule import Rule, found, rules
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
# what an import fails with, as "KIND NAME ERROR" -> the rule; the first that matches
FAILURES = {
    "ModuleNotFoundError (" + "|".join(map(re.escape, MOVED)) + r")[. ]": "plugins/module-of-ms-swift-3",
    r"ModuleNotFoundError swift[. ]": "plugins/no-such-swift-module",
    r"ModuleNotFoundError": "plugins/missing-package",
    r".*relative import": "plugins/relative-import",
    r"ImportError .*swift": "plugins/no-such-swift-name",
    r"ImportError": "plugins/no-such-name",
    r"KeyError": "plugins/missing-key",
    r"": "plugins/fails",
}
# flag -> the names that ms-swift has (known_flags), its registry, and what refuses another
LOOKED_UP = {
    "model_type": ("models", "MODEL_MAPPING", "model/model_meta.py: not in MODEL_MAPPING"),
    "template": ("templates", "TEMPLATE_MAPPING", "template/register.py: TEMPLATE_MAPPING"),
    "multi_turn_scheduler": ("multi_turn_schedulers", "multi_turns", REGISTRIES["multi_turn_scheduler"][1]),
    "optimizer": ("optimizers", "optimizers_map", REGISTRIES["optimizer"][1]),
    "callbacks": ("callbacks", "callbacks_map", REGISTRIES["callbacks"][1]),
    "tuner_type": ("tuners", "tuners_map", REGISTRIES["tuner_type"][1]),
    "gym_env": ("gym_envs", "envs", "rollout/multi_turn.py: envs[...], at the first rollout"),
    "agent_template": ("agent_templates", "agent_template_map", "agent_template/mapping.py, at the first row with tools"),
    "loss_scale": ("loss_scales", "loss_scale_map", "loss_scale/mapping.py"),
}  # fmt: skip
TYPES = ("model_type", "template")  # looked up for the model

FAILS = "the plugin {path} fails in {where}: {kind}: {error}"
rules(
    Rule("plugins/not-there", ERROR, "the plugin file {path} is not there",
         "give --external_plugins a file that exists, relative to {here}", why="utils/utils.py import_external_file"),
    Rule("plugins/syntax-error", ERROR, "the plugin {path} has {kind} in line {line}: {error}", "fix line {line}: {text}",
         why="Python does not compile it"),
    Rule("plugins/unreadable", ERROR, "the plugin {path} cannot be read ({error})", "make it readable UTF-8 Python",
         why="Python does not read it"),
    Rule("plugins/shadows-module", WARNING, "{where} shadows the {kind} module `{name}`: the plugin's folder goes first on sys.path",
         "rename {file}, or move the plugin to a folder of its own", why="utils/utils.py import_external_file: sys.path.insert(0, …)"),
    Rule("plugins/slow-import", SKIPPED, "what {paths} registers, and its rewards: the import {late}; ms-swift waits for it, in"
         " each process", why="the preflight waits only a few seconds for an import"),
    Rule("plugins/import-ended", ERROR, "the import of {paths} ended with code {code}", "import it by hand: python PLUGIN.py",
         why="it ends ms-swift's process as well"),
    Rule("plugins/unknown-names", SKIPPED, "whether ms-swift knows --{flag} {name}: not all that the plugins register is known here",
         why="a plugin may add to ms-swift's registries, and this one could not be imported completely"),
    Rule("plugins/unused-agent-template", WARNING, "--{name} {value} is not a choice{by}", "use one of {listed}{quoted}",
         why="agent_template/mapping.py is only asked for rows with tools,"
         " and no row that was read has any"),
    Rule("plugins/needs-the-real-thing", SKIPPED, "what the plugin {path} registers: {where} needs more of swift, torch or another"
         " package than the stand-ins have ({kind}: {error})", why="plugins are imported without torch, which takes seconds"),
    Rule("plugins/module-of-ms-swift-3", ERROR, FAILS + " (a module of ms-swift 3)", "in ms-swift 4: {moved}",
         why="ms-swift 4 moved its modules"),
    Rule("plugins/no-such-swift-module", ERROR, FAILS, "import ORM, AsyncORM and orms from swift.rewards; or remove the import",
         why="the installed ms-swift has no such module"),
    Rule("plugins/missing-package", ERROR, FAILS, "pip install the package of `{name}`, or correct the import",
         why="the plugin is imported with this Python"),
    Rule("plugins/relative-import", ERROR, FAILS + " (a plugin is not a package)", "write an absolute import, without the dot:"
         " `from helpers import …` finds helpers.py next to it", why="utils/utils.py import_external_file loads a single file"),
    Rule("plugins/no-such-swift-name", ERROR, FAILS, "import one of ORM, AsyncORM, orms, rm_plugins from swift.rewards",
         why="the installed ms-swift has no such name"),
    Rule("plugins/no-such-name", ERROR, FAILS, "correct the import; rename a file next to the plugin that has the name of a"
         " module", why="the plugin is imported with this Python"),
    Rule("plugins/missing-key", ERROR, FAILS, "set {error} in the environment if it is a variable, or fix {where}",
         why="os.environ raises KeyError for a variable that is not set"),
    Rule("plugins/fails", ERROR, FAILS, "fix {where}", why="ms-swift ends with the same exception"),
)  # fmt: skip


@dataclass
class Plugins:
    """The plugins of a command. They are imported while other checks run; `collect` waits for them."""

    paths: list[str]
    problems: list[Problem] = field(default_factory=list)
    loaded: list[dict] = field(default_factory=list)  # what probe.py reports for each
    complete: bool = True  # whether all that they register is known
    late: bool = False  # whether an import took longer than this check waits
    calls: dict[str, dict] = field(default_factory=dict)  # the result of each reward's first call
    _process: subprocess.Popen | None = None
    _question: dict[str, Any] = field(default_factory=dict)

    @property
    def rewards(self) -> dict[str, dict]:
        """What is registered in `orms`, described by probe.py."""
        return {name: facts for one in self.loaded for name, facts in one["orms"].items()}

    @property
    def schedulers(self) -> dict[str, dict]:
        """What is registered in `multi_turns`, described by probe.py."""
        return {name: facts for one in self.loaded for name, facts in one["schedulers"].items()}

    @property
    def tools(self) -> set[str]:
        """The tools that `grpo_tools` knows after the import."""
        return {name for one in self.loaded for name in one["tools"]}

    @property
    def ours(self) -> int | None:
        """Which of them registers the rewards of `grpo_rewards` (plugin/plugin.py), None if none does."""
        return next((number for number, one in enumerate(self.loaded) if one["ours"]), None)

    def registered(self, registry: str) -> set[str]:
        """The names that the plugins put into a registry of ms-swift; "*" is one that is not known here."""
        return {name for one in self.loaded for name in one["registered"].get(registry, [])}

    def stop(self) -> None:
        """End the import if it still runs."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None


def begin(command: Command) -> Plugins:
    """Parse the plugins, and start to import those that parse."""
    given = [path for flag in ("external_plugins", "custom_register_path") for path in command.flags.get(flag, [])]
    plugins = Plugins([path for path in given if path not in ("None", "")])
    if not (command.trains or command.kind == "rollout") or not plugins.paths:
        return plugins
    plugins.problems = [problem for path in plugins.paths for problem in _parsed(path)]
    if plugins.problems:
        plugins.complete = False
        return plugins
    for path in dict.fromkeys(plugins.paths):
        plugins.problems += _shadows(path_of(path))
    environ = {k: v for k, v in command.environ.items() if "\0" not in k + v}
    plugins._process = subprocess.Popen(
        [sys.executable, "-P", str(PROBE), *plugins.paths],
        env=environ | {"PYTHONPATH": ":".join(p for p in [*sys.path[1:], environ.get("PYTHONPATH", "")] if p)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    if command.grpo and (row := first_row(command)):
        flags: dict[str, Any] = {name: spec["default"] for name, spec in command.specs.items()}
        for name, values in command.flags.items():
            number = command.number(name) if isinstance(flags.get(name), int | float | None) else None
            flags[name] = number if number is not None else values[-1] if values else True
        plugins._question = {"rewards": command.values("reward_funcs"), "row": row, "arguments": flags}
    return plugins


def collect(plugins: Plugins) -> None:
    """Wait for the import and for the first calls of the rewards, and keep the results."""
    process = plugins._process
    if process is None:
        return
    plugins._process = None
    paths, late = " ".join(plugins.paths), ""
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
        plugins.complete, plugins.late = False, bool(late)
        id = "plugins/slow-import" if late else "plugins/import-ended"
        plugins.problems.append(found(id, paths=paths, late=late, code=process.returncode))
        return
    for path, one in zip(plugins.paths, plugins.loaded, strict=False):
        if one["error"] or one["kind"]:
            plugins.complete = False
            if one["kind"] != "RewardError":  # reported, with its file and key, by the reward check
                plugins.problems.append(_failed(path, one))
    try:
        plugins.calls = json.loads(answers[1])
    except (ValueError, IndexError):
        rewards = [name for name in plugins._question.get("rewards", []) if name in plugins.rewards]
        plugins.calls = {name: {"skipped": late or "the process ended"} for name in rewards}


def check_plugins(command: Command, known: dict[str, Any], plugins: Plugins, rows: list[dict]) -> Iterator[Problem]:
    """Failed imports, and names that neither ms-swift nor a plugin registers; without a plugin the flag check reports
    most of them. Only `rows` with tools need the agent template: without such a row an unknown one is a warning."""
    collect(plugins)
    yield from plugins.problems
    unused = {} if any(row.get("tools") for row in rows) else {"agent_template": "plugins/unused-agent-template"}
    for flag in LOOKED_UP:
        if flag not in TYPES and (flag not in REGISTRIES or plugins.paths):
            yield from check_names(command, known, plugins, flag, unused.get(flag, "flags/no-choice"))


def check_names(
    command: Command, known: dict[str, Any], plugins: Plugins, flag: str, id: str = "flags/no-choice"
) -> Iterator[Problem]:
    """The values of a flag of LOOKED_UP that are not registered, as problems of the rule `id`."""
    listed, registry, why = LOOKED_UP[flag]
    values = command.flags.get(flag, []) if flag in command.specs else []
    for name in (part for value in values for part in (value.split("+") if flag == "loss_scale" else [value])):
        if name in known[listed] or name in ("None", ""):
            continue
        collect(plugins)
        own = plugins.registered(registry)
        if plugins.paths and (not plugins.complete or "*" in own) and name not in own:
            yield found("plugins/unknown-names", flag=flag, name=name)
        elif name not in own:
            by = f", nor does {' '.join(plugins.paths)} register it" if plugins.paths else ""
            yield _no_choice(command, flag, name, [*sorted(own), *known[listed]], why + by, id)


def first_row(command: Command) -> dict[str, Any] | None:
    """The first training row as rewards get it: columns renamed, question and answer in `messages`, as by
    dataset/preprocessor/core.py. None if it is not here or cannot be read."""
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


def _parsed(path: str) -> Iterator[Problem]:
    file = path_of(path)
    if not file.is_file():
        yield found("plugins/not-there", path=path, here=Path.cwd())
        return
    try:
        ast.parse(file.read_bytes(), str(file))
    except SyntaxError as error:
        kind = "an indentation error" if isinstance(error, IndentationError) else "a syntax error"
        said = {"line": error.lineno, "error": error.msg, "text": (error.text or "").strip()[:60]}
        yield found("plugins/syntax-error", path=path, kind=kind, **said)
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        yield found("plugins/unreadable", path=path, error=error)


def _shadows(file: Path) -> Iterator[Problem]:
    """Modules next to the plugin with the name of a standard or installed one: its folder goes first on sys.path."""
    folder = file.absolute().parent
    try:
        packages = {path.parent.name: path.parent for path in folder.glob("*/__init__.py")}
        paths = packages | {path.stem: path for path in folder.glob("*.py")}
    except OSError:
        return
    site = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    for name in sorted(paths.keys() - {"__init__", "__main__", "conftest", "setup"}):
        standard = name in sys.stdlib_module_names
        try:
            installed = not standard and importlib.machinery.PathFinder.find_spec(name, site) is not None
        except (ImportError, ValueError):
            installed = False
        if standard or installed:
            kind = "standard" if standard else "installed"
            yield found("plugins/shadows-module", where=paths[name], kind=kind, name=name, file=paths[name].name)


def _failed(path: str, one: dict) -> Problem:
    kind, name = one["kind"], one["name"]
    said = f"{kind} {name} {one['error']}"
    id = next(id for pattern, id in FAILURES.items() if re.match(pattern, said, re.DOTALL))
    moved = next((new for old, new in MOVED.items() if f"{name}.".startswith(f"{old}.")), "")
    where = f"line {one['line']}" if one["line"] else "its import"
    id = "plugins/needs-the-real-thing" if one["doubtful"] else id
    return found(id, path=path, where=where, kind=kind, error=one["error"], name=name, moved=moved)


def shown(file: str) -> str:
    """The path of a file, relative to the working folder if it is below it."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file


def suggestion(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]}? " if near else ""
