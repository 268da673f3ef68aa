"""What the runner is sent and what it answers, the same on this machine and on a server."""

import functools
import json
import marshal
from collections.abc import Iterator
from importlib import resources
from typing import Any

from swift_grpo.sandbox import inside
from swift_grpo.sandbox.inside.values import NotPlain, decode, encode, refused
from swift_grpo.sandbox.jobs import Case, Limits, Outage, Outcome, Program

_MODULES = ("values", "lock", "served", "tester", "main")
_PACKAGES = ("swift_grpo", "swift_grpo.sandbox", "swift_grpo.sandbox.inside")
# `modules` is a list of (name, code)
_LOAD = f"""
for name in {_PACKAGES}:
    sys.modules[name] = types.ModuleType(name)
for name, code in modules:
    module = sys.modules["{_PACKAGES[-1]}." + name] = types.ModuleType(name)
    setattr(sys.modules["{_PACKAGES[-1]}"], name, module)
    exec(code, module.__dict__)
module.main()
"""
# Bytecode, of the same Python: compiling takes 10 ms
LOCAL = f"""import marshal, os, sys, types
length = b""
while (byte := os.read(0, 1)) != b"\\n":
    length += byte
code = b""
while len(code) < int(length):
    code += os.read(0, int(length) - len(code))
modules = marshal.loads(code)
{_LOAD}"""


def _sources() -> list[tuple[str, str]]:
    return [(name, (resources.files(inside) / f"{name}.py").read_text(encoding="utf-8")) for name in _MODULES]


@functools.cache
def bytecode() -> bytes:
    """What `LOCAL` reads first."""
    code = marshal.dumps([(name, compile(text, f"sandbox/{name}.py", "exec")) for name, text in _sources()])
    return b"%d\n" % len(code) + code


@functools.cache
def script() -> str:
    """The runner as one program for a server."""
    return f"import sys, types\nmodules = {_sources()!r}\n{_LOAD}"


def messages(setup: dict[str, Any], program: Program, limits: Limits) -> bytes:
    """All that the runner reads. Raises NotPlain for arguments that are not plain values."""
    numbers = {name: getattr(limits, name) for name in ("seconds", "total_seconds", "memory_mb", "output_bytes")}
    return b"".join(_message(one) for one in ({**setup, **numbers}, {"source": program.source}, *_cases(program.cases)))


def _cases(cases: Any) -> Iterator[dict]:
    for case in cases:
        if case.kind == "stdin":
            yield {"kind": "stdin", "stdin": case.stdin}
        elif case.kind == "call":
            yield {"kind": "call", "function": case.function, "args": encode(list(case.args), refused)}
        elif case.kind == "assert":
            yield {"kind": "assert", "function": case.function}
            yield {"code": case.code}
        else:
            raise ValueError(f"a case of the kind {case.kind!r}; there are stdin, call and assert")


def _message(value: dict) -> bytes:
    text = json.dumps(value).encode()
    return b"%d\n" % len(text) + text


def outcomes(program: Program, answered: bytes, errors: str) -> list[Outcome]:
    """The outcomes in the runner's answer. Raises Outage where it is not whole."""
    lines = answered.splitlines()
    try:
        refused_why = json.loads(lines[0])["refused"] if lines else _last(errors) or "it did not start"
        if refused_why or len(lines) != 1 + len(program.cases):
            raise Outage(refused_why or f"it ended early: {_last(errors)}")
        return [_outcome(case, json.loads(line)) for case, line in zip(program.cases, lines[1:], strict=True)]
    except (ValueError, LookupError, TypeError) as error:
        raise Outage(f"its answer cannot be read: {error}") from None


def _outcome(case: Case, said: dict) -> Outcome:
    reply = said.pop("reply", "")
    if case.kind != "call" or said["reason"] != "ended":
        return Outcome(**said)
    try:
        given = json.loads(reply) if reply else {}
        if "value" in given:
            return Outcome(**{**said, "value": decode(given["value"], refused)})
        raised = [str(name) for name in given.get("raised", ())][:1]
        text = ": ".join([*raised, str(given.get("text", ""))]) if raised else said["errors"] or "it ended early"
    except (NotPlain, ValueError, AttributeError, TypeError, RecursionError) as error:
        text = f"its reply cannot be read: {error}"
    reason = "memory" if text.startswith("MemoryError") else "raised"
    return Outcome(**{**said, "reason": reason, "errors": text[-2000:]})


def _last(errors: str) -> str:
    return (errors.strip().splitlines() or [""])[-1][:300]
