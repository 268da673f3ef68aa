"""The process of the tests. It asks the process of the program for each call and judges by its own Python.

So what a program does to its own interpreter has no effect here: built-ins, comparison methods and early exits. A value
comes back as plain data; an object of the program's classes stays there and is equal to itself only.
"""

import builtins
import json
import os
import sys
from typing import Any, NoReturn

from swift_grpo.sandbox.inside.values import LONGEST, NotPlain, decode, encode

ENDED = "the program's process ended"


def test(code: str, function: str, requests: int, replies: int) -> None:
    """Run the tests; they raise, or the process ends with status 1, unless they hold."""
    import ast  # 5 ms, which the other kinds of cases do not need

    program = Asked(requests, replies)
    tree = ast.parse(code)
    space: dict[str, Any] = {"__name__": "tests"}
    free, builtin = _free(tree)
    # Without another name, a built-in's is that of the program's function: `assert sum(10, 15) == 6`
    for name in sorted((free or builtin) | {function} - {""}):
        if name in sys.stdlib_module_names:  # the program's own `math` is not to be trusted
            space[name] = __import__(name)
            continue
        try:
            space[name] = program.ask("global", None, name)
        except AttributeError:
            continue  # a NameError where it is used
    exec(compile(tree, "tests.py", "exec"), space)


def _free(tree: Any) -> tuple[set[str], set[str]]:
    """Names that are used and defined nowhere; those that are not built in, and those that are."""
    import ast

    used: set[str] = set()
    defined = {"__name__"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else defined).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.arg):
            defined.add(node.arg)
        elif isinstance(node, ast.alias):
            defined.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            defined.add(node.name)
    known = set(dir(builtins))
    return used - defined - known, used & known - defined


class Asked:
    """The program's process."""

    def __init__(self, requests: int, replies: int) -> None:
        self.requests = os.fdopen(requests, "wb")
        self.replies = os.fdopen(replies, "rb")

    def ask(self, what: str, on: Any, name: str = "", positional: tuple = (), named: dict | None = None) -> Any:
        """Raises what the program raised, as its nearest built-in class."""
        request = encode([what, on, name, list(positional), named or {}], _number)
        try:
            self.requests.write(json.dumps(request).encode() + b"\n")
            self.requests.flush()
            line = self.replies.readline(LONGEST)
        except BrokenPipeError:
            line = b""
        if not line.endswith(b"\n"):
            _fail(f"{ENDED} or replied with too much")
        try:
            reply = json.loads(line)
            if "raised" not in reply:
                for one, new in zip(positional, reply.get("changed", ()), strict=False):
                    if new is not None:
                        _change(one, decode(new, self._object))
                return decode(reply["value"], self._object)
            kinds = [getattr(builtins, kind, None) for kind in reply["raised"]]
            text = str(reply["text"])
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            _fail(f"the program's reply cannot be read: {error}")
        for kind in kinds:
            if kind in (StopIteration, StopAsyncIteration):  # would end a loop of the test as if all were well
                kind = RuntimeError
            if isinstance(kind, type) and issubclass(kind, Exception):
                try:
                    raised = kind(text)
                except TypeError:  # such as UnicodeDecodeError, which takes more
                    continue
                raise raised
        return _fail(f"the program raised {reply['raised'][:1]}")

    def _object(self, kind: str, parts: list) -> Any:
        if kind != "object":
            raise NotPlain(kind)
        return Remote(self, parts[0])


class Remote:
    """An object in the program's process. Tests can call it, use its attributes and items, loop over it and enter it.

    It is equal to itself only. Operators work between two such objects, and not with a plain value, which is often the
    expected one: `f(x) - 3.5` would tell the program the answer before the result is judged.
    """

    def __init__(self, program: Asked, number: int) -> None:
        self.__dict__.update(_program=program, _number=number)

    def __call__(self, *positional: Any, **named: Any) -> Any:
        return self._program.ask("call", self, "", positional, named)

    def __getattr__(self, name: str) -> Any:
        return self._program.ask("attribute", self, name)

    def __len__(self) -> int:
        return self._program.ask("len", self)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(self._program.ask("list", self))

    def __getitem__(self, key: Any) -> Any:
        return self._program.ask("getitem", self, "", (key,))

    def __setattr__(self, name: str, value: Any) -> None:
        self._program.ask("setattr", self, "", (name, value))

    def __setitem__(self, key: Any, value: Any) -> None:
        self._program.ask("setitem", self, "", (key, value))

    def __enter__(self) -> Any:
        return self._program.ask("attribute", self, "__enter__")()

    def __exit__(self, *error: Any) -> None:
        self._program.ask("attribute", self, "__exit__")(None, None, None)

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, Remote) and self._program.ask("isinstance", value, "", (self,)) is True

    def __str__(self) -> str:
        return str(self._program.ask("str", self))

    def __repr__(self) -> str:
        return str(self._program.ask("repr", self))


def _operator(name: str) -> Any:
    def between(self: Remote, other: Any) -> Any:
        return self._program.ask(name, self, "", (other,)) if isinstance(other, Remote) else NotImplemented

    return between


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "matmul", "lt", "le", "gt", "ge"):
    setattr(Remote, f"__{_name}__", _operator(_name))


def _number(value: Any) -> dict:
    if isinstance(value, Remote):
        return {"object": [value.__dict__["_number"]]}
    raise NotPlain(f"the test passes a {type(value).__name__}, which cannot be passed on")


def _change(one: Any, new: Any) -> None:
    """Give an argument the contents that the program gave it."""
    if isinstance(one, list) and isinstance(new, list):
        one[:] = new
    elif isinstance(one, dict | set) and isinstance(new, type(one)):
        one.clear()
        one.update(new)


def _fail(why: str) -> NoReturn:
    """Ends the process, so that an `except` in the tests cannot take it for what they expect."""
    os.write(2, f"{why}\n".encode(errors="replace"))
    os._exit(1)
