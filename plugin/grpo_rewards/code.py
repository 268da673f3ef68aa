"""Rewards for programs: the tests that a program passes, and its form. Programs run in `swift_grpo.sandbox` alone."""

import ast
import functools
import json
import logging
import os
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grpo_rewards import code_rows, code_text, verdict_log
from grpo_rewards.code_compare import output_fault, same_value, shown
from grpo_rewards.code_rows import Tests
from grpo_rewards.contract import NotInstalled, register_reward

logger = logging.getLogger("grpo_rewards")

_FUTURE = re.compile(r"^from __future__ import (?:\([^)]*\)|.*)", re.MULTILINE)
_SOLUTION = re.compile(r"^class Solution\b", re.MULTILINE)  # LeetCode's starter code has the function in it
_MOST_OUTPUT = 16 << 20  # bytes; tests may expect more than the sandbox's default


@dataclass(frozen=True)
class CodeVerdict:
    """`share` of the tests that a program passed, 0 to 1; None if it was not judged. `reason`: why it is below 1."""

    share: float | None
    passed: int
    of: int
    reason: str


def _ready(seconds: float, memory_mb: int, batch_seconds: float, workers: int, url: str, **_: object) -> None:
    if seconds <= 0 or batch_seconds <= 0 or memory_mb < 64 or workers < 0:
        raise ValueError("seconds and batch_seconds must be above 0, memory_mb 64 or more, workers 0 or more")
    _sandbox(url)


@functools.cache
def _sandbox(url: str) -> Any:
    """The sandbox of this process. Raises NotInstalled, with what to install, where there is none."""
    try:
        from swift_grpo import sandbox
    except ImportError:
        raise NotInstalled("the reward code_tests needs the package swift_grpo: pip install swift-grpo") from None
    try:
        return sandbox.choose(url)
    except sandbox.NoSandbox as error:
        raise NotInstalled(f"the reward code_tests: {error}") from None


@functools.cache
def _announce(url: str) -> None:
    if os.environ.get("LOCAL_RANK", "0") == "0":
        logger.warning("code_tests runs programs in %s", _sandbox(url).about)  # nothing below a warning is shown


@register_reward("code_tests", check=_ready)
def code_tests(
    completions: Sequence[str],
    tests: Sequence[Any],
    trainer_state: Any = None,
    *,
    whole: bool = False,
    seconds: float = 5.0,
    memory_mb: int = 512,
    batch_seconds: float = 600.0,
    workers: int = 0,
    url: str = "",
) -> list[float | None]:
    """The share of its tests that a program passes, 0 to 1; with `whole` 1 for all, else 0; None if it was not judged.

    The program is the last block of Python after the thought, within `<answer>` if there is one; a completion without
    one earns 0. It runs in a sandbox (`url`: in a SandboxFusion server), each test for up to `seconds` and in
    `memory_mb`, `workers` programs at a time (0: as many as this rank has cores). After `batch_seconds` no more are
    started. None where the row's tests cannot be read, the sandbox failed, or the batch's time was over.

    >>> code_tests(["<think>print(9)"], ['{"inputs": ["3"], "outputs": ["9"]}'])
    [0.0]
    """
    programs = [code_text.program(completion) for completion in completions]
    judged = verdicts(
        programs, tests, seconds=seconds, memory_mb=memory_mb, batch_seconds=batch_seconds, workers=workers, url=url
    )
    paid = [one.share if one.share is None or not whole else float(one.share == 1) for one in judged]
    verdict_log.write("code_tests", [
        verdict_log.entry(completion, value, one.reason, trainer_state)
        for completion, value, one in zip(completions, paid, judged, strict=True) if one.reason
    ])  # fmt: skip
    return paid


@register_reward("code_format")
def code_format(completion: str) -> float:
    """1 for exactly one block of Python after the thought, not empty and without a syntax error; else 0. Runs nothing.

    >>> code_format("```python\\nprint(1)\\n```"), code_format("```python\\nprint(\\n```"), code_format("print(1)")
    (1.0, 0.0, 0.0)
    """
    blocks = code_text.python_blocks(completion)
    try:
        with warnings.catch_warnings(action="ignore"):
            return float(len(blocks) == 1 and bool(ast.parse(blocks[0]).body))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return 0.0


def verdicts(
    programs: Sequence[str | None],
    tests: Sequence[Any],
    *,
    seconds: float = 5.0,
    memory_mb: int = 512,
    batch_seconds: float = 600.0,
    workers: int = 0,
    url: str = "",
) -> list[CodeVerdict]:
    """The verdict on each program (None: a completion without one) by its tests, as `code_rows.read` reads them.

    Equal programs with equal tests run once. Raises NotInstalled without a sandbox.
    """
    texts = [one.canonical() if isinstance(one, Tests) else one for one in tests]
    texts = [one if isinstance(one, str) else json.dumps(one, default=str) for one in texts]
    read = {text: _read(text) for text in dict.fromkeys(texts)}
    pairs = list(zip(programs, texts, strict=True))
    judged: dict[tuple, CodeVerdict] = {}
    open_pairs: dict[tuple, tuple[str, Tests]] = {}
    for source, text in dict.fromkeys(pairs):
        if isinstance(found := read[text], str):
            judged[source, text] = CodeVerdict(None, 0, 0, f"the tests cannot be read: {found}")
        elif not source:
            judged[source, text] = CodeVerdict(0.0, 0, len(found.cases), "no block of Python after the thought")
        else:
            open_pairs[source, text] = (source, found)
    if open_pairs:
        ran = _run(list(open_pairs.values()), seconds, memory_mb, batch_seconds, workers, url)
        judged |= dict(zip(open_pairs, ran, strict=True))
    if lost := Counter(judged[pair].reason for pair in pairs if judged[pair].share is None):
        whys = "; ".join(why for why, _ in lost.most_common(3))
        logger.warning("code_tests: %d of %d completions are left out: %s", lost.total(), len(pairs), whys)
    return [judged[pair] for pair in pairs]


def _read(text: str) -> Tests | str:
    """The tests, or why they cannot be read."""
    try:
        return code_rows.read(text)
    except ValueError as error:
        return verdict_log.printable(str(error))


def _run(
    asked: Sequence[tuple[str, Tests]], seconds: float, memory_mb: int, batch_seconds: float, workers: int, url: str
) -> list[CodeVerdict]:
    from swift_grpo.sandbox import Limits, run_all

    _announce(url)
    wanted = [len(case["output"]) for _, tests in asked if tests.kind == "stdin" for case in tests.cases]
    output_bytes = min(_MOST_OUTPUT, max([65_536, *(2 * longest for longest in wanted)]))
    limits = Limits(seconds, max(30.0, seconds), memory_mb, output_bytes)
    cores = len(os.sched_getaffinity(0)) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    programs = [_program(*one) for one in asked]
    ran = run_all(_sandbox(url), programs, limits, workers or max(1, cores), batch_seconds)
    late = f"the sandbox failed, or the batch's {batch_seconds:g} s were over"
    return [
        CodeVerdict(None, 0, len(tests.cases), late) if outcomes is None else _verdict(tests, outcomes, limits)
        for (_, tests), outcomes in zip(asked, ran, strict=True)
    ]


def _program(source: str, tests: Tests) -> Any:
    """What the sandbox runs. It never gets an expected output."""
    from swift_grpo.sandbox import Case, Program

    if tests.kind == "stdin":
        cases = [Case("stdin", stdin=case["input"]) for case in tests.cases]
    elif tests.kind == "call":
        method = _SOLUTION.search(source) and not re.search(rf"^def {tests.function}\b", source, re.MULTILINE)
        function = f"Solution.{tests.function}" if method and "." not in tests.function else tests.function
        cases = [Case("call", function=function, args=tuple(case["args"])) for case in tests.cases]
    else:
        cases = [Case("assert", function=tests.function, code=f"{tests.setup}\n{code}") for code in tests.cases]
    if tests.preamble:  # a __future__ import has to stay first
        source = "\n".join([*_FUTURE.findall(source), tests.preamble, _FUTURE.sub("", source)])
    return Program(source, cases)


def _verdict(tests: Tests, outcomes: Sequence[Any], limits: Any) -> CodeVerdict:
    faults = [_fault(tests.kind, *pair, limits) for pair in zip(tests.cases, outcomes, strict=True)]
    passed, of = faults.count(""), len(faults)
    first = next((f"test {number} of {of}: {fault}" for number, fault in enumerate(faults, start=1) if fault), "")
    return CodeVerdict(passed / of, passed, of, verdict_log.printable(first))


def _fault(kind: str, case: Any, outcome: Any, limits: Any) -> str:
    """Why a test is not passed; empty if it is."""
    if outcome.reason == "ended" and (outcome.exit == 0 or kind == "call"):
        if kind == "stdin":
            return output_fault(outcome.output, case["output"])
        if kind == "assert" or any(same_value(outcome.value, case[key]) for key in ("output", "or") if key in case):
            return ""
        return f"wrong value; expected {shown(case['output'])}, got {shown(outcome.value)}"
    last = outcome.errors.strip().rpartition("\n")[2]
    return {
        "ended": f"the program ended with exit status {outcome.exit}: {last}",
        "raised": f"the call failed: {last}",
        "failed": f"{case!r:.100} failed: {last}",
        "time": f"over {limits.seconds:g} s",
        "memory": f"over {limits.memory_mb} MB of memory",
        "output": f"more than {limits.output_bytes} bytes of output",
        "killed": "the program was killed by a signal",
        "not run": f"not run: those before it took {limits.total_seconds:g} s",
    }.get(outcome.reason, outcome.reason)
