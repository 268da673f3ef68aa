"""Raw rows of code sets, recognised by their columns, as {messages, tests, solution?}. Nothing here runs a program."""

import ast
import json
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from grpo_rewards import code_rows

from swift_grpo.formats.row_files import LONGEST_ROW, Row

LONGEST_TESTS = LONGEST_ROW // 4  # bytes of a row's tests
_SOLUTIONS = 10  # of a row, of which the first that parses is the reference
_LONGEST_PROGRAM = 100_000
_FENCE = re.compile(r"\s*```(?:python3?|py)?[ \t]*\n(.*?)\n?```\s*", re.DOTALL | re.IGNORECASE)
_DOCSTRING = re.compile(r"(\"\"\"|''')(.*?)\1", re.DOTALL)
_EXAMPLES = re.compile(r">>>|\b(?:for )?examples?\b|\[input/output\]|\n\s*(?:input|output|note)\b", re.IGNORECASE)
_FEWEST = 11  # words of a statement, for overlap.py to have the four runs of eight that it asks for
_DETAIL = re.compile(r"(?<=not JSON): .*|(?<=\btest) \d+")  # left out of a reason, because reasons are counted


@dataclass(frozen=True)
class CodeSet:
    """The columns that mark a set's rows, that may hold the question, and that code_rows reads the tests from; that of
    the reference; and what a model is asked."""

    marks: tuple[str, ...]
    question: tuple[str, ...]
    tests: tuple[str, ...]
    program: str
    task: str = "{asked}"


# HumanEval and MBPP are read as their files are. The others are from documents: open-r1's data card and ms-swift's
# "GRPO-Code-Training"; APPS, which TACO shares, from hendrycks/apps (eval/); LiveCodeBench's lcb_runner/benchmarks.
# MBPP's task is the paper's (arXiv 2108.07732), with one test instead of all: only a test has the function's name.
SETS = (
    CodeSet(("verification_info",), ("problem_statement", "problem", "prompt"), ("verification_info",),
            "gold_standard_solution"),
    CodeSet(("question_content", "public_test_cases"), ("question_content",),
            ("public_test_cases", "private_test_cases", "metadata"), ""),
    CodeSet(("question", "input_output"), ("question",), ("input_output",), "solutions"),
    CodeSet(("entry_point", "test"), ("prompt",), ("test", "entry_point", "prompt"), "canonical_solution",
            "Complete this program. Answer with all of it.\n\n```python\n{asked}\n```"),
    CodeSet(("test_list", "code"), ("text", "prompt"), ("test_list", "test_setup_code", "test_imports"), "code",
            "You are an expert Python programmer, and here is your task: {asked} "
            "Your code should pass this test:\n\n{tests.cases[0]}"),
)  # fmt: skip


def recognised(row: Row) -> CodeSet | None:
    """The set whose columns a row has."""
    return next((one for one in SETS if all(name in row for name in one.marks)), None)


def asked(row: Row) -> str | None:
    """The bare question of a raw row of these sets, None for any other row.

    >>> asked({"text": "Write a function to add.", "code": "…", "test_list": ["assert add(1, 2) == 3"]})
    'Write a function to add.'
    """
    found = recognised(row)
    texts = [row.get(name) for name in found.question] if found else []
    return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), None)


def stated(row: Row) -> str | None:
    """What a raw row of a test set asks, in a form that rows which repeat it share: HumanEval's sentences alone, without
    signature and examples, which a training row may have changed; if they are few, all of it."""
    text = asked(row)
    docstrings = _DOCSTRING.findall(text or "")
    sentences = _EXAMPLES.split(docstrings[-1][1])[0].partition(f"{row.get('entry_point')}(")[0] if docstrings else ""
    return sentences if len(sentences.split()) >= _FEWEST else text


def standard(row: Row) -> Row:
    """A raw row of these sets as {messages, tests, solution?, other columns}; `tests` of any row in the canonical form.

    A row of another kind comes back as it is. Raises ValueError with the reason if there is no question, no tests, or
    tests that cannot be read.
    """
    found, question = recognised(row), asked(row)
    if found is None:
        return row | {"tests": _tests(row["tests"]).canonical()} if row.get("tests") else row
    if question is None:
        raise ValueError("no question")
    tests = _tests({name: row[name] for name in found.tests if row.get(name)})
    begin = f"{row['prompt']}" if "entry_point" in found.marks else ""
    program = next(filter(None, (_program(text, begin) for text in _listed(row.get(found.program)))), None)
    told = {*found.question, *found.tests, found.program, "challenge_test_list"}
    rest = {name: value for name, value in row.items() if name not in told}
    task = found.task.format(asked=question, tests=tests) + _ending(row, question, tests)
    messages = [{"role": "user", "content": task}]
    return {"messages": messages} | {"tests": tests.canonical()} | ({"solution": program} if program else {}) | rest


def _ending(row: Row, asked: str, tests: code_rows.Tests) -> str:
    """What APPS, TACO and LiveCodeBench do not say in the question: the code to start from, and where the input is."""
    if starter := str(row.get("starter_code") or "").strip("\n"):
        return f"\n\nStart from this code:\n\n```python\n{starter}\n```"
    if "starter_code" not in row:
        return ""
    if tests.kind == "call":
        return f"\n\nName the function `{tests.function}`."
    return "\n\nRead the input from standard input and print the output."


def _tests(raw: Any) -> code_rows.Tests:
    if not raw:
        raise ValueError("no tests")
    try:
        tests = code_rows.read(raw)
    except ValueError as error:
        raise ValueError(f"tests that cannot be read: {_DETAIL.sub('', str(error))}") from None
    if len(tests.canonical()) > LONGEST_TESTS:
        raise ValueError(f"tests above {LONGEST_TESTS >> 20} MB")
    return tests


def _listed(programs: Any) -> Iterable[Any]:
    """APPS and TACO hold a list as JSON text."""
    if isinstance(programs, str) and programs.startswith("["):
        try:
            programs = json.loads(programs)
        except (ValueError, RecursionError):
            return ()
    return programs[:_SOLUTIONS] if isinstance(programs, list) else (programs,)


def _program(text: Any, begin: str) -> str | None:
    """A program in Python 3, without its fence and Windows line ends. Some solutions of APPS are in Python 2."""
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST_PROGRAM:
        return None
    fenced = _FENCE.fullmatch(text)
    program = begin + (fenced[1] if fenced else text).replace("\r\n", "\n")
    with warnings.catch_warnings(action="ignore"):  # of escapes in its strings
        try:
            ast.parse(program)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    return program
