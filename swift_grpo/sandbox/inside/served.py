"""The process of a program whose functions are called from another one."""

import json
import operator
import os
import sys
import types
from typing import Any

from swift_grpo.sandbox.inside.values import decode, encode, refused

# What a test can do with an object of the program, besides calling it; all else is a function of `operator`
_CAN: dict[str, Any] = {one.__name__: one for one in (len, list, str, repr, setattr, isinstance)}


def serve(source: str, requests: int, replies: int) -> None:
    """Load the program, then answer requests (a line of JSON each) until they end.

    A request is `[what, object, name, arguments, named arguments]`. The reply has `value`, and `changed` arguments where
    the function returned None; or `raised`, a list of class names, and `text`.
    """
    module = types.ModuleType("program")
    sys.modules["program"] = module
    exec(compile(source, "program.py", "exec"), module.__dict__)
    objects: list[Any] = []

    def keep(value: Any) -> dict:
        objects.append(value)
        return {"object": [len(objects) - 1]}

    def kept(kind: str, parts: list) -> Any:
        return objects[parts[0]]

    with os.fdopen(requests, "rb") as lines:
        for line in lines:
            request = json.loads(line)
            try:
                reply = _answer(module, request, keep, kept)
            except Exception as error:
                names = [kind.__name__ for kind in type(error).__mro__]
                reply = {"raised": names, "text": str(error)[:500]}
            _write(replies, json.dumps(reply).encode() + b"\n")


def _answer(module: types.ModuleType, request: list, keep: Any, kept: Any) -> dict:
    on: Any
    what, on, name, positional, named = decode(request, kept)
    if what == "global":
        return {"value": encode(getattr(module, name), keep)}
    if what == "function":  # of the program, or of an object of its class `on`; the reply has no objects
        return {"value": encode(getattr(getattr(module, on)() if on else module, name)(*positional), refused)}
    if what == "attribute":
        return {"value": encode(getattr(on, name), keep)}
    if what != "call":
        act = _CAN.get(what) or getattr(operator, what)
        return {"value": encode(act(on, *positional), keep)}
    value = on(*positional, **named)
    reply = {"value": encode(value, keep)}
    if value is None:  # a function that returns None may be there to change its arguments
        reply["changed"] = [encode(one, keep) if isinstance(one, list | dict | set) else None for one in positional]
    return reply


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
