"""Reads the tests of a programming task: the column `tests`, in this project's form or as the public data sets write it.

    {"kind": "stdin", "cases": [{"input": "3\\n", "output": "9\\n"}]}
    {"kind": "call", "function": "add", "cases": [{"args": [1, 2], "output": 3}]}
    {"kind": "assert", "setup": "import math", "cases": ["assert add(1, 2) == 3"]}

`preamble` is code that is put in front of the program. The column is JSON text, because ms-swift loads rows into Arrow
columns, which have one type. Nothing of it is run or unpickled here.
"""

import base64
import itertools
import json
import pickletools
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# The harnesses of APPS, TACO and LiveCodeBench put imports in front of a program, and starter code relies on them
# (`List[int]`). Theirs also import statistics and the names in random, which costs each case 20 ms more.
PREAMBLE = (
    "import bisect, collections, copy, datetime, functools, heapq, itertools, json, math, operator, random, re, string, sys\n"
    + "".join(f"from {name} import *\n" for name in "bisect collections functools heapq itertools math".split())
    + "from typing import *\nfrom builtins import *\nsys.setrecursionlimit(50_000)\n"
)
_LARGEST = 1 << 28  # bytes of LiveCodeBench's packed tests
_HALF = re.compile("[\ud800-\udfff]")  # of a character: no file can hold it
_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)?")


@dataclass(frozen=True)
class Tests:
    """The tests of one task. `cases` are as in the column: objects for stdin and call, code for assert. A call's case
    may have `or`, a second value that is right too."""

    kind: str
    cases: tuple[Any, ...]
    preamble: str = ""
    setup: str = ""
    function: str = ""

    def canonical(self) -> str:
        """The column's text, in ASCII; `read` gives the same tests for it."""
        about = {name: value for name in ("preamble", "setup", "function") if (value := getattr(self, name))}
        return json.dumps({"kind": self.kind, **about, "cases": list(self.cases)})


def read(tests: Any) -> Tests:
    """The tests in a value of the column `tests`, or in a whole row of a known data set; as JSON text or parsed.

    Known are this project's form; open-r1 and SYNTHETIC-1 (`verification_info`), APPS and TACO (`input_output`),
    LiveCodeBench and DeepCoder (`public_test_cases`, `private_test_cases`, `metadata`), HumanEval (`test`,
    `entry_point`, `prompt`), and MBPP (`test_list`). Raises ValueError with the reason.

    >>> read('{"inputs": ["3"], "outputs": ["9"]}').cases
    ({'input': '3', 'output': '9'},)
    >>> read({"test_list": ["assert add(1, 2) == 3"], "test_setup_code": ""}).canonical()
    '{"kind": "assert", "cases": ["assert add(1, 2) == 3"]}'
    """
    try:
        return _read(_parsed(tests))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"it is not JSON: {str(error)[:80]}") from None


def _read(value: Any) -> Tests:
    if isinstance(value, list):
        value = {"test_list" if value and isinstance(value[0], str) else "test_cases": value}
    if not isinstance(value, Mapping):
        raise ValueError(f"it is {type(value).__name__}, and not an object or a list")
    value = {key: part for key, part in value.items() if part is not None}  # Arrow's None: the key is not there
    language = str(value.get("language", "python"))
    if not re.fullmatch(r"py(thon)?[\d.]*", language.lower()):
        raise ValueError(f"its language is {language[:20]}; only Python is run")
    for key, form in _FORMS.items():
        if key in value:
            return form(value)
    raise ValueError(f"it is of no known form; its keys are {', '.join(map(str, value))[:80] or 'none'}")


def _of_cases(cases: Any, function: Any = None) -> Tests:
    """A list of {input, output, type or testtype, fn_name}: open-r1, SYNTHETIC-1, LiveCodeBench, DeepCoder."""
    if not isinstance(cases, list) or not all(isinstance(case, Mapping) for case in cases):
        raise ValueError("its cases are not a list of objects")
    calls = [case.get("fn_name") or str(case.get("type") or case.get("testtype")).startswith("func") for case in cases]
    if not any(calls):
        return _of_pairs([(case.get("input"), case.get("output")) for case in cases])
    names = {case.get("fn_name") or _func_name(case.get("metadata")) or function or "" for case in cases}
    if not all(calls) or len(names) > 1:
        raise ValueError("its cases are of two kinds, or call two functions; split the row")
    return _of_pairs([(case.get("input"), case.get("output")) for case in cases], names.pop())


def _of_pairs(pairs: Sequence[tuple[Any, Any]], function: Any = None) -> Tests:
    """Inputs with outputs; without a function they are standard input and output."""
    if function is None:
        return _checked("stdin", [dict(zip(("input", "output"), map(_lines, pair), strict=True)) for pair in pairs])
    return _checked("call", [_call(n, *pair) for n, pair in enumerate(pairs, start=1)], function=function)


def _lines(value: Any) -> Any:
    """Some rows of APPS have a list of lines, some of open-r1 a number."""
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return value if value is None else str(value)


def _call(number: int, given: Any, wanted: Any) -> dict[str, Any]:
    """LiveCodeBench writes arguments and value as lines of JSON. APPS writes values, and puts the wanted one into a list
    of one, or not; as in its harness both count."""
    if not isinstance(given, str):
        either = {"or": wanted[0]} if isinstance(wanted, list) and len(wanted) == 1 else {}
        return {"args": given, "output": wanted, **either}
    try:
        return {"args": [json.loads(one) for one in given.split("\n") if one.strip()], "output": json.loads(wanted)}
    except (TypeError, ValueError):
        raise ValueError(f"test {number}: an argument or the value is not JSON") from None


def _lists(value: Mapping) -> Tests:
    inputs, outputs = value["inputs"], value.get("outputs")
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs):
        raise ValueError("its `inputs` and `outputs` are not two lists of one length")
    return _of_pairs(list(zip(inputs, outputs, strict=True)), value.get("fn_name"))


def _live(value: Mapping) -> Tests:
    public, private = value.get("public_test_cases") or [], value.get("private_test_cases") or []
    if isinstance(private, str) and not private.lstrip().startswith("["):
        private = _unpacked(private)
    public, private = _parsed(public), _parsed(private)
    if not isinstance(public, list) or not isinstance(private, list):
        raise ValueError("its public or private test cases are not a list")
    return _of_cases(public + private, _func_name(value.get("metadata")))


def _func_name(metadata: Any) -> Any:
    metadata = _parsed(metadata or None)
    return metadata.get("func_name") if isinstance(metadata, Mapping) else None


def _unpacked(text: str) -> str:
    """The text that LiveCodeBench pickles, packs with zlib and writes in base64. Reads the pickle's operations, and
    accepts only those of one text."""
    unpack = zlib.decompressobj()
    try:
        packed = unpack.decompress(base64.b64decode(text, validate=True), _LARGEST)
        operations = [(one.name, given) for one, given, _ in itertools.islice(pickletools.genops(packed), 9)]
    except (ValueError, zlib.error):
        raise ValueError("its private test cases cannot be unpacked") from None
    texts = [given for name, given in operations if "UNICODE" in name]
    others = {name for name, _ in operations if "UNICODE" not in name}
    if len(texts) != 1 or not {"STOP"} <= others <= {"PROTO", "FRAME", "MEMOIZE", "BINPUT", "STOP"}:
        raise ValueError("its private test cases are a pickle of something else than one text")
    return str(texts[0])


def _checks(value: Mapping) -> Tests:
    """HumanEval: the function `check` in `test`, called with the program's function. What `prompt` has above that
    function, imports and helpers, is the preamble."""
    test, name, prompt = value["test"], value.get("entry_point"), value.get("prompt", "")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(prompt, str):
        raise ValueError("it has `test`, but `entry_point` is not the name of a function, or `prompt` is not text")
    return _checked("assert", [f"check({name})"], prompt.rpartition(f"def {name}(")[0], test)


def _asserts(value: Mapping) -> Tests:
    """MBPP: lines of code that assert, with their setup."""
    setup = value.get("test_setup_code") or value.get("test_imports") or ""
    return _checked("assert", value["test_list"], "", "\n".join(setup) if isinstance(setup, list) else setup)


_PARTS = ("preamble", "setup", "function")
_FORMS = {  # the key that a form has; the first that is there decides
    "kind": lambda row: _checked(row["kind"], row.get("cases"), **{k: row.get(k, "") for k in _PARTS}),
    "verification_info": lambda row: _read(_parsed(row["verification_info"])),
    "test_cases": lambda row: _of_cases(_parsed(row["test_cases"])),
    "input_output": lambda row: _read(_parsed(row["input_output"])),
    "inputs": _lists,
    "public_test_cases": _live,
    "private_test_cases": _live,
    "test_list": _asserts,
    "test": _checks,
}


def _checked(kind: Any, cases: Any, preamble: Any = PREAMBLE, setup: Any = "", function: Any = "") -> Tests:
    """Raises ValueError where a part is missing or of another type."""
    if kind not in ("stdin", "call", "assert"):
        raise ValueError(f"its kind is {str(kind)[:20]}, and not stdin, call or assert")
    if not isinstance(cases, list) or not cases:
        raise ValueError("it has no tests")
    texts = {"`preamble`": preamble, "`setup`": setup, "`function`": function}
    for number, case in enumerate(cases, start=1):
        if kind == "assert":
            texts[f"test {number}"] = case
        elif not isinstance(case, Mapping) or "output" not in case:
            raise ValueError(f"test {number} has no `output`")
        elif kind == "call" and not isinstance(case.get("args"), list):
            raise ValueError(f"`args` of test {number} is not a list")
        elif kind == "stdin":
            texts |= {f"`{key}` of test {number}": case.get(key) for key in ("input", "output")}
    for where, text in texts.items():
        if not isinstance(text, str) or _HALF.search(text):
            raise ValueError(f"{where} is not text")
    if kind == "call" and not _NAME.fullmatch(function):
        raise ValueError("it calls a function without naming it: `function` (`fn_name`, or `func_name` in `metadata`)")
    return Tests(kind, tuple(cases), preamble, setup, function)
