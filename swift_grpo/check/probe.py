"""Imports plugins as ms-swift would, and says what they register; `swift` and slow packages are stand-ins.

    python -P swift_grpo/check/probe.py PLUGIN.py...     # JSON lines on stdout: imports, then first calls of rewards

Runs in another process with a time limit: a plugin is a program. A stand-in accepts anything: it can be subclassed,
called, indexed, added. `swift` has only the names in ms-swift's files: a name of ms-swift 3 fails here too. A name to
which a file assigns a dict is a registry; its keys are what a plugin registers. A line of JSON on stdin names rewards,
a row and arguments: each reward is built and called once with two completions, without network, programs or files.
"""

import abc
import ast
import contextlib
import functools
import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import inspect
import io
import json
import logging
import numbers
import os
import re
import sys
import textwrap
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

HEAVY = set("swift torch transformers vllm peft trl deepspeed accelerate datasets modelscope torchvision".split())
# function of ms-swift -> the registry it fills, with the name that its argument was built with
REGISTER = {"register_template": "TEMPLATE_MAPPING", "register_model": "MODEL_MAPPING"}
REGISTER |= dict.fromkeys(("register_dataset", "register_dataset_info"), "DATASET_MAPPING")
NAMED = ("_type", "_id", "_path", "_name")  # endings of the arguments that name a template, a model, a dataset
UNNAMED = "*"  # a registration whose name is not known here
OPERATORS = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split()
# what a first call must not reach for -> how its audit events begin
REACHES = {
    "the network": ("socket.",),
    "another program": ("subprocess.", "os.system", "os.exec", "os.posix_spawn"),
    "another process": ("os.fork",),
    "a file": ("os.remove", "os.rename", "shutil."),
    "a folder": ("os.mkdir", "os.rmdir"),
}
COMPLETION = "<think>\n6 times 7 is 42.\n</think>\n<answer>{}</answer>"
touched = [0]  # how many times a stand-in was used
absent: list[str] = []  # modules of swift that were asked for and are not there
reached: list[str] = []  # what a first call reached for


class Registry(dict):
    """A registry of ms-swift: what it held before is a stand-in, and may be replaced or taken out."""

    def __missing__(self, key):
        return stand_in(str(key))

    def __delitem__(self, key):
        self.pop(key, None)

    def pop(self, key, default=None):
        return dict.pop(self, key, default)


REGISTRIES: dict[str, Registry] = {name: Registry() for name in ("orms", "rm_plugins", "multi_turns")}


class Anything(abc.ABCMeta):
    """A class that has every attribute, and whose instances can be called, iterated and used as decorators."""

    def __getattr__(cls, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        touched[0] += 1
        return stand_in(name)

    def __call__(cls, *args, **kwargs):
        if "_stands_in" in cls.__dict__:
            touched[0] += 1
            if cls.__name__ in REGISTER:
                for name in (name for meta in args[:1] for name in _names_of(meta)):
                    REGISTRIES.setdefault(REGISTER[cls.__name__], Registry())[name] = cls
            if len(args) == 1 and not kwargs and (inspect.isroutine(args[0]) or inspect.isclass(args[0])):
                return args[0]  # a decorator
        return super().__call__(*args, **kwargs)


# what the special methods of stand-ins return, those of OF_CLASSES also for the class itself
OF_CLASSES: dict[str, Callable] = {
    "getitem": lambda self, key: self,
    "setitem delitem": lambda self, *args: None,
    "iter": lambda self: iter(()),
    "contains": lambda self, key: False,
    " ".join(f"{name} r{name} i{name}" for name in OPERATORS): lambda self, other: self,
}
OF_INSTANCES = OF_CLASSES | {
    "enter neg": lambda self: self,
    "exit": lambda self, *error: None,
    "len int": lambda self: 0,
    "float": lambda self: 0.0,
    "lt le gt ge": lambda self, other: False,
}


def _special(answers: dict[str, Callable]) -> dict[str, Callable]:
    return {f"__{name}__": answer for names, answer in answers.items() for name in names.split()}


for method, answer in _special(OF_CLASSES).items():
    setattr(Anything, method, answer)


@functools.cache
def stand_in(name: str) -> type:
    def init(self, *args, **kwargs):
        self.__dict__["_said"] = (args, kwargs)

    def call(self, *args, **kwargs):
        touched[0] += 1
        return args[0] if len(args) == 1 and callable(args[0]) else self

    def attribute(self, key):
        if key.startswith("__"):
            raise AttributeError(key)
        touched[0] += 1
        return stand_in(key)()

    body = {"_stands_in": True, "__init__": init, "__call__": call, "__getattr__": attribute} | _special(OF_INSTANCES)
    return Anything(name if name.isidentifier() else "StandIn", (), body)


def _is_stand_in(value) -> bool:
    return isinstance(value, (Anything, Module)) or isinstance(type(value), Anything)


def _names_of(meta) -> list[str]:
    """The names of a template, a model or a dataset, from the arguments or fields of its description."""
    said, kwargs = getattr(meta, "__dict__", {}).get("_said", ((), getattr(meta, "__dict__", {})))
    names = [said[0]] if said else []
    names += [value for key, value in kwargs.items() if key.endswith(NAMED)]
    return [name for name in names if isinstance(name, str) and name] or [UNNAMED]


class Module(types.ModuleType):
    """A stand-in for a module; of `swift` it has only the names that its files hold."""

    def __getattr__(self, name: str):
        if name == "__version__":
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                return importlib.metadata.version({"swift": "ms-swift"}.get(self.__name__, self.__name__))
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__.split(".")[0] != "swift":
            return stand_in(name)
        if name in CLASSES:
            return CLASSES[name]
        word = re.escape(name)
        if not re.search(rf"\b{word}\b", self._source):
            raise AttributeError(name)
        if re.search(rf"^{word}\b[^=\n]*= *(\{{|dict\(|OrderedDict)", self._source, re.MULTILINE):
            return REGISTRIES.setdefault(name, Registry())
        beside = [Path(folder, name) for folder in self.__path__]
        if any(path.is_dir() or path.with_suffix(".py").is_file() for path in beside):
            return importlib.import_module(f"{self.__name__}.{name}")
        return stand_in(name)

    @functools.cached_property
    def _source(self) -> str:
        path = Path((self.__spec__ and self.__spec__.origin) or "")
        files = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
        return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files[:400])


class ORM:
    def __init__(self, args=None, **kwargs):
        self.args = args

    def __call__(self, **kwargs):
        raise NotImplementedError


class AsyncORM(ORM):
    pass


CLASSES = {
    "ORM": ORM,
    "AsyncORM": AsyncORM,
    "PRM": ORM,
    "get_logger": lambda *args, **kwargs: logging.getLogger("swift"),
}


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what `roots` names on the disk, and loads a stand-in for it."""

    def __init__(self, roots: set[str]) -> None:
        self.roots = roots

    def find_spec(self, name: str, path=None, target=None):
        root = name.split(".")[0]
        if root not in self.roots:
            return None
        parent = sys.modules.get(name.rpartition(".")[0])
        real = importlib.machinery.PathFinder.find_spec(name, path if parent is None else parent.__path__)
        if real is None:
            if root == "swift":
                absent.append(name)
            return None
        spec = importlib.machinery.ModuleSpec(name, self, origin=real.origin, is_package=True)
        spec.submodule_search_locations = list(real.submodule_search_locations or [])
        spec.has_location = real.has_location
        return spec

    def create_module(self, spec):
        return Module(spec.name)

    def exec_module(self, module) -> None:
        pass


def described(value) -> dict:
    """What ms-swift needs to know of a registered reward: how it is built and called."""
    if not inspect.isclass(value):
        kind = "function" if inspect.isroutine(value) else "instance"
        return {"kind": kind, "class": getattr(value, "__name__", type(value).__name__)}
    facts: dict[str, Any] = {
        "kind": "class",
        "class": value.__name__,
        "builds": True,
        "needs": [],
        "takes": [],
        "any": True,
    }
    facts["async"] = issubclass(value, AsyncORM)
    with contextlib.suppress(ValueError, TypeError):
        built = inspect.signature(value.__init__).parameters
        facts["builds"] = "args" in built or any(p.kind is p.VAR_KEYWORD for p in built.values())
    with contextlib.suppress(ValueError, TypeError):
        parameters = list(inspect.signature(value.__call__).parameters.values())[1:]
        named = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        if named and "completions" not in [p.name for p in named] and named[0].kind is not named[0].KEYWORD_ONLY:
            named[0] = named[0].replace(name="completions")  # they come first, whatever the name
        facts["any"] = any(p.kind is p.VAR_KEYWORD for p in parameters)
        facts["needs"] = [p.name for p in named if p.default is p.empty]
        facts["takes"] = [p.name for p in named]
        facts["inherited"] = value.__call__ in (ORM.__call__, AsyncORM.__call__)
        facts["coroutine"] = inspect.iscoroutinefunction(value.__call__)
    return facts


ENDS = ("run", "check_finished", "on_turn_end")  # the hooks that can end a trajectory: rollout/multi_turn.py


def scheduler(value) -> dict:
    """A scheduler's first class of ms-swift, and whether its own classes can end a trajectory, read the rows' columns
    (`data_dict`) or write turns of role `tool`. {} for a function."""
    if not inspect.isclass(value):
        return {}
    above = [one for one in value.__mro__ if "_stands_in" in vars(one)]
    own = [one for one in value.__mro__ if one not in above and one.__module__ not in sys.stdlib_module_names]
    nodes: list[ast.AST] = []
    for one in own:
        with contextlib.suppress(OSError, TypeError, SyntaxError):
            nodes += ast.walk(ast.parse(textwrap.dedent(inspect.getsource(one))))
    said = [(node.arg, node.value) for node in nodes if isinstance(node, ast.keyword)]
    for node in nodes:
        if isinstance(node, ast.Dict):
            said += [(getattr(key, "value", None), value) for key, value in zip(node.keys, node.values, strict=True)]
    return {
        "base": above[0].__name__ if above else "",
        "ends": any(hook in vars(one) for hook in ENDS for one in own),
        "columns": any(isinstance(node, ast.Attribute) and node.attr == "data_dict" for node in nodes),
        "tool": any(key == "role" and getattr(value, "value", None) == "tool" for key, value in said),
    }


# ---- failures
def failure(error: BaseException, near: Path) -> dict:
    """The exception and its last line in the folder of `near`; `doubtful` if stand-ins may be the cause."""
    frames = [(frame, line, frame.f_code.co_filename) for frame, line in traceback.walk_tb(error.__traceback__)]
    own = [one for one in frames if near.parent in Path(one[2]).parents and "site-packages" not in one[2]]
    line, file = own[-1][1:] if own else (0, "")
    if isinstance(error, SyntaxError):
        file, line = error.filename or file, error.lineno or line
    certain = isinstance(error, (SyntaxError, NameError, ModuleNotFoundError, SystemExit))
    certain = certain or (isinstance(error, ImportError) and "swift" in str(error))
    unsure = bool(frames) and "site-packages" in frames[-1][2]  # a package that needs more of torch, or of transformers
    return {
        "error": str(error.msg if isinstance(error, SyntaxError) else error)[:300],
        "line": line,
        "file": file,
        "kind": type(error).__name__,
        "name": getattr(error, "name", "") or "",
        "doubtful": not certain and (unsure or (bool(own) and _uses_stand_ins(*own[-1][:2]))),
    }


def _uses_stand_ins(frame, line: int) -> bool:
    """Whether the statement at this line of the frame's file names a stand-in."""
    with contextlib.suppress(OSError, SyntaxError, ValueError):
        tree = ast.parse(Path(frame.f_code.co_filename).read_bytes())
        statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        around = [node for node in statements if node.lineno <= line <= (node.end_lineno or node.lineno)]
        known = frame.f_globals | frame.f_locals
        names = [n.id for n in ast.walk(around[-1]) if isinstance(n, ast.Name)] if around else []
        return any(_is_stand_in(known.get(name)) for name in names)
    return False


def load(path: str, number: int) -> dict:
    """As swift/utils/utils.py import_external_file: the file's folder goes first on sys.path."""
    file = Path(path).expanduser().absolute()
    sys.path.insert(0, str(file.parent))
    before, rewards = {name: dict(registry) for name, registry in REGISTRIES.items()}, _own_rewards()
    result: dict = {"error": "", "line": 0, "kind": "", "name": "", "doubtful": False}
    module = types.ModuleType("")
    absent.clear()
    try:
        spec = importlib.util.spec_from_file_location(f"_swift_external_{number}", file)
        if spec is None or spec.loader is None:
            raise ImportError(f"Cannot import external file: {file}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    except SystemExit as error:
        result |= {"error": f"ends the program (sys.exit({error.code!r}))", "kind": "SystemExit"}
    except BaseException as error:
        result |= failure(error, file)
        if result["file"] not in ("", str(file)):
            result["line"] = 0
    new = {
        registry: {str(key): value for key, value in held.items() if before.get(registry, {}).get(key) is not value}
        for registry, held in REGISTRIES.items()
    }
    result["registered"] = {registry: sorted(names) for registry, names in new.items() if names}
    result["orms"] = {name: described(value) for name, value in new["orms"].items()}
    result["schedulers"] = {name: scheduler(value) for name, value in new["multi_turns"].items()}
    result["tools"] = _tools()
    result["absent"] = sorted(set(absent))
    result["rewards"] = sorted(_own_rewards() - rewards)
    result["ours"] = _with_settings(vars(module)) or any(map(_pays_by_settings, new["orms"].values()))
    return result


def _tools() -> list[str]:
    """The tools that the scheduler `tools` can offer, which loads its own ones late."""
    with contextlib.suppress(Exception):
        sys.modules["grpo_tools.registry"].offered("")
        return sorted(sys.modules["grpo_tools.registry"].TOOLS)
    return []


def _own_rewards() -> set[str]:
    """The names of the rewards that plugins have put into the registry of `grpo_rewards`."""
    registry = getattr(sys.modules.get("grpo_rewards.contract"), "REGISTRY", {})
    return {name for name, reward in registry.items() if not reward.function.__module__.startswith("grpo_rewards.")}


def _with_settings(names: dict) -> bool:
    """Whether a namespace holds `grpo_rewards.settings`, as the plugin does that registers `grpo_rewards`."""
    ours = sys.modules.get("grpo_rewards.settings")
    return ours is not None and any(value is ours for value in names.values())


def _pays_by_settings(reward) -> bool:
    return callable(reward) and _with_settings(getattr(reward.__call__, "__globals__", {}))


# ---- the first call of a reward
class Reached(BaseException):
    """A first call reached for something outside its process."""


def _guard(event: str, args: tuple) -> None:
    what = next((what for what, begins in REACHES.items() if event.startswith(begins)), "")
    if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        what = "a file to write"
    if what:
        reached.append(what)
        raise Reached(what)


def first_call(name: str, row: dict, arguments: dict) -> dict:
    """What is wrong with a reward, built and called once: {} if nothing, {"skipped": why} if it is not known."""
    value, begun = REGISTRIES["orms"].get(name), touched[0]
    if not inspect.isclass(value) or _is_stand_in(value):
        return {}
    if _pays_by_settings(value):
        return {}  # plugin/plugin.py: its parameters are checked, and its rewards do not raise
    near = Path(inspect.getfile(value)).absolute()
    if issubclass(value, AsyncORM) or inspect.iscoroutinefunction(value.__call__):
        return {"skipped": "it is asynchronous, like rewards that ask a service"}
    completions = [COMPLETION.format(n) for n in (42, 43)]
    each = {
        "prompt_id": "0", "request_id": "0", "finish_reason": "stop", "is_truncated": False, "rollout_infos": {},
        "response_token_ids": [1, 2, 3], "add_eos": True,
    }  # fmt: skip
    columns = {key: [held, held] for key, held in (each | row).items()}
    asked = row["messages"]
    columns["messages"] = [[*asked, {"role": "assistant", "content": text}] for text in completions]
    state = types.SimpleNamespace(global_step=0, max_steps=100, epoch=0.0, num_train_epochs=1, log_history=[])
    if set(described(value)["needs"]) - columns.keys() - {"completions", "trainer_state"}:
        return {}  # reported by the check of the data
    reward: Any = None
    try:
        reward = value(args=Arguments(arguments))  # type: ignore[call-arg]
        paid = reward(completions, trainer_state=state, **columns)
    except Reached as error:
        return {"skipped": f"it reaches for {error}"}
    except BaseException as error:
        found = failure(error, near) | {"built": reward is not None}
        if reached or found["doubtful"] or touched[0] > begun:
            return {"skipped": f"it reaches for {reached[0]}" if reached else "it uses what has only a stand-in here"}
        if not found["line"]:
            found |= {"file": str(near), "line": _first_line(value)}
        return found
    if touched[0] > begun:
        return {"skipped": "it uses what has only a stand-in here"}
    wrong = _paid_wrong(paid, len(completions))
    return wrong and wrong | {"file": str(near), "line": _first_line(value)}


def _first_line(value) -> int:
    return getattr(getattr(value.__call__, "__code__", None), "co_firstlineno", 0)


def _paid_wrong(paid, count: int) -> dict:
    try:
        values = list(paid)
    except TypeError:
        what = "None" if paid is None else f"{type(paid).__name__}, one for a whole batch"
        return {"kind": "", "error": f"returns {what}"}
    odd = [one for one in values if not isinstance(one, numbers.Number | None) and not hasattr(one, "item")]
    if odd:
        return {"kind": "", "error": f"returns {type(odd[0]).__name__} values, and a reward is a number or None"}
    return (
        {} if len(values) == count else {"kind": "", "error": f"returns {len(values)} values for {count} completions"}
    )


class Arguments:
    """ms-swift's arguments: the flags that were given, and their defaults; anything else is None."""

    def __init__(self, values: dict) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)


def main() -> None:
    sys.meta_path.insert(0, Finder(HEAVY))
    sys.dont_write_bytecode = True
    out = sys.stdout
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        loaded = [load(path, number) for number, path in enumerate(sys.argv[1:])]
        print("\n" + json.dumps(loaded), file=out, flush=True)
        print("\n" + json.dumps(called()), file=out, flush=True)
    os._exit(0)  # a plugin's threads do not keep this process alive


def called() -> dict[str, dict]:
    asked = json.loads(sys.stdin.readline() or "{}")
    if not asked.get("row"):
        return {}
    sys.addaudithook(_guard)
    found = {}
    for name in asked["rewards"]:
        reached.clear()
        found[name] = first_call(name, asked["row"], asked["arguments"])
    return found


if __name__ == "__main__":
    main()
