"""Imports plugins as ms-swift would, with stand-ins for `swift` and the packages that take seconds, and says what they register.

    python -P swift_grpo/check/probe.py PLUGIN.py...     # one JSON object on the last line of stdout

Runs in a process of its own with a time limit: a plugin is a program. The stand-ins are subclassable and callable and know
which names ms-swift has, so that a name of ms-swift 3 fails here as it would there.
"""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import io
import json
import os
import re
import sys
import traceback
import types
from pathlib import Path

HEAVY = {
    "swift",
    "torch",
    "transformers",
    "vllm",
    "peft",
    "trl",
    "deepspeed",
    "accelerate",
    "datasets",
    "modelscope",
    "torchvision",
}

MODEL_REGISTRIES = {"register_model", "MODEL_MAPPING", "register_template", "TEMPLATE_MAPPING"}
used: set[str] = set()  # names that stand-ins were asked for


class Anything(type):
    """A class that has every attribute and whose instances can be called, iterated and used as decorators."""

    def __getattr__(cls, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return stand_in(name)

    def __or__(cls, other):
        return cls

    __ror__ = __or__

    def __getitem__(cls, key):
        return cls

    def __iter__(cls):
        return iter(())


def stand_in(name: str) -> type:
    used.add(name)

    def call(self, *args, **kwargs):
        return args[0] if len(args) == 1 and callable(args[0]) else self

    body = {
        "__init__": lambda self, *args, **kwargs: None,
        "__call__": call,
        "__getattr__": lambda self, key: _missing(key) if key.startswith("__") else stand_in(key)(),
        "__enter__": lambda self: self,
        "__exit__": lambda self, *error: None,
        "__getitem__": lambda self, key: self,
        "__setitem__": lambda self, key, value: None,
        "__iter__": lambda self: iter(()),
        "__contains__": lambda self, key: False,
        "__len__": lambda self: 0,
    }
    return Anything(name if name.isidentifier() else "StandIn", (), body)


def _missing(name: str):
    raise AttributeError(name)


class Module(types.ModuleType):
    """A stand-in for a module; of `swift` it has only the names that its files hold."""

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__.split(".")[0] == "swift" and not self._knows(name):
            raise AttributeError(name)
        return stand_in(name)

    def _knows(self, name: str) -> bool:
        path = Path((self.__spec__ and self.__spec__.origin) or "")
        files = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
        word = re.compile(rf"\b{re.escape(name)}\b")
        return any(word.search(file.read_text(encoding="utf-8", errors="replace")) for file in files[:400])


class ORM:
    def __init__(self, args=None, **kwargs):
        self.args = args

    def __call__(self, **kwargs):
        raise NotImplementedError


class AsyncORM(ORM):
    pass


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what HEAVY names on the disk, and loads a stand-in for it."""

    def find_spec(self, name: str, path=None, target=None):
        root = name.split(".")[0]
        if root not in HEAVY:
            return None
        parent = sys.modules.get(name.rpartition(".")[0])
        real = importlib.machinery.PathFinder.find_spec(name, path if parent is None else parent.__path__)
        if real is None:
            return None
        spec = importlib.machinery.ModuleSpec(name, self, origin=real.origin, is_package=True)
        spec.submodule_search_locations = list(real.submodule_search_locations or [])
        return spec

    def create_module(self, spec):
        return Module(spec.name)

    def exec_module(self, module) -> None:
        if module.__name__ in {"swift.rewards", "swift.rewards.orm"}:
            module.orms = REGISTRIES["orms"]
            module.ORM, module.AsyncORM = ORM, AsyncORM
            if module.__name__ == "swift.rewards":
                module.rm_plugins, module.prms, module.PRM = REGISTRIES["rm_plugins"], {}, ORM
        if module.__name__ in {"swift.rollout.multi_turn", "swift.rollout"}:
            module.multi_turns = REGISTRIES["multi_turns"]


REGISTRIES: dict[str, dict] = {"orms": {}, "rm_plugins": {}, "multi_turns": {}}


def described(value) -> dict:
    """What ms-swift needs to know of a registered reward: how it is built and called."""
    if not inspect.isclass(value):
        kind = "function" if inspect.isroutine(value) else "instance"
        return {"kind": kind, "class": getattr(value, "__name__", type(value).__name__)}
    facts = {
        "kind": "class",
        "class": value.__name__,
        "builds": True,
        "needs": [],
        "takes": [],
        "any": True,
        "async": issubclass(value, AsyncORM),
    }
    with contextlib.suppress(ValueError, TypeError):
        built = inspect.signature(value.__init__).parameters
        facts["builds"] = "args" in built or any(p.kind is p.VAR_KEYWORD for p in built.values())
    with contextlib.suppress(ValueError, TypeError):
        parameters = list(inspect.signature(value.__call__).parameters.values())[1:]
        named = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        facts["any"] = any(p.kind is p.VAR_KEYWORD for p in parameters)
        facts["needs"] = [p.name for p in named if p.default is p.empty]
        facts["takes"] = [p.name for p in named]
        facts["inherited"] = value.__call__ in (ORM.__call__, AsyncORM.__call__)
        facts["coroutine"] = inspect.iscoroutinefunction(value.__call__)
    return facts


def load(path: str, number: int) -> dict:
    """As swift/utils/utils.py import_external_file: the file's folder goes first on sys.path."""
    file = Path(path).expanduser().absolute()
    sys.path.insert(0, str(file.parent))
    before = {name: dict(registry) for name, registry in REGISTRIES.items()}
    result: dict = {"error": "", "line": 0, "kind": "", "name": ""}
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
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        line = error.lineno if isinstance(error, SyntaxError) and error.filename == str(file) else (lines or [0])[-1]
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        result |= {
            "error": str(text)[:300],
            "line": line or 0,
            "kind": type(error).__name__,
            "name": getattr(error, "name", "") or "",
        }
    result["registers_models"] = bool(used & MODEL_REGISTRIES)
    for name, registry in REGISTRIES.items():
        new = {str(key): value for key, value in registry.items() if before[name].get(key) is not value}
        result[name] = {key: described(value) if name == "orms" else {} for key, value in new.items()}
    return result


def main() -> None:
    sys.meta_path.insert(0, Finder())
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        result = [load(path, number) for number, path in enumerate(sys.argv[1:])]
    sys.stdout.write("\n" + json.dumps(result) + "\n")
    sys.stdout.flush()
    os._exit(0)  # no thread of a plugin keeps this process


if __name__ == "__main__":
    main()
