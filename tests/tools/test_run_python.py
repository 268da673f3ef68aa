"""The tool `run_python`: what the model reads of each end, and that it is never told of a fault that is not its own."""

import asyncio
import threading

import pytest
from grpo_tools import TOOLS, ToolError
from grpo_tools import run_python as module
from grpo_tools.calls import Call
from grpo_tools.registry import offered
from grpo_tools.runner import Limits, answer

from swift_grpo import sandbox
from swift_grpo.sandbox import NoSandbox, Outage, Outcome

offered()  # registers the built-in tools


class Fake:
    """Ends each program as it is told to, one at a time."""

    workers = 1

    def __init__(self, outcome=None, wait=None):
        self.outcome, self.wait, self.ran = outcome, wait, []

    def run(self, program, limits):
        self.ran.append((program.source, limits.seconds))
        if self.wait:
            self.wait.wait()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return [self.outcome]


@pytest.fixture
def ending(monkeypatch):
    def use(outcome, wait=None):
        fake = Fake(outcome, wait)
        monkeypatch.setattr(sandbox, "choose", lambda: fake)
        return fake

    module._threads.cache_clear()
    yield use
    module._threads.cache_clear()


async def ask(code="print(1)", seconds=10.0):
    return await answer(Call("run_python", {"code": code}), TOOLS, Limits(seconds))


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Outcome("ended", 0, "2\n"), "2\n"),
        (Outcome("ended", 0), "(nothing was printed)"),
        (Outcome("ended", 1, "a\n", "Traceback …\nValueError: b\n"), "ValueError: b\nIt printed:\na\n"),
        (Outcome("ended", 3), "Error: exit status 3"),
        (Outcome("memory", 1, "", "MemoryError\n"), "MemoryError"),
        (Outcome("memory"), "Error: "),
        (Outcome("time", None, "a\n"), "Error: it ran for more than 5 seconds\nIt printed:\na\n"),
        (Outcome("output", None, ""), "Error: it printed too much"),
        (Outcome("killed", None, "", "noise"), "Error: a signal ended it"),
        (Outage("its reply cannot be read"), "Error: the sandbox failed and the program was not run; that is not its"),
        (ValueError("a wrong program"), "Error: ValueError: a wrong program"),
    ],
)
def test_what_the_model_reads(ending, outcome, text):
    fake = ending(outcome)
    result = asyncio.run(ask("print(2)"))
    assert result.text.startswith(text)
    assert (result.error is None) == (outcome in (Outcome("ended", 0, "2\n"), Outcome("ended", 0)))
    assert fake.ran == [("print(2)", 5.0)]  # half of a call's time


def test_a_queue_takes_no_time_from_a_program(ending, monkeypatch):
    monkeypatch.setenv("TOOL_SECONDS", "0.1")
    free = threading.Event()
    fake = ending(Outcome("ended", 0, "done"), free)

    async def two():
        first = asyncio.create_task(ask("first"))
        await asyncio.sleep(0)
        second = await ask("second")
        free.set()
        return await first, second

    first, second = asyncio.run(two())
    assert first.text == "done"
    assert second.text == "Error: too many programs are running, so this one was not; that is not its fault"
    assert [source for source, _ in fake.ran] == ["first"]


def test_a_machine_without_a_sandbox_hears_it_before_the_first_call(monkeypatch):
    def none():
        raise NoSandbox("no sandbox holds here: apt install bubblewrap")

    monkeypatch.setattr(sandbox, "choose", none)
    assert list(offered("")) == [name for name in TOOLS if name != "run_python"]
    with pytest.raises(ToolError, match=r"the tool run_python: no sandbox holds here: apt install bubblewrap"):
        offered("calculator run_python")


@pytest.mark.slow
def test_a_real_program():
    try:
        tools = offered("run_python")
    except ToolError as error:
        pytest.skip(str(error))
    result = asyncio.run(ask("import fractions\nprint(fractions.Fraction(1, 3) + 1)"))
    assert (list(tools), result.text, result.error) == (["run_python"], "4/3\n", None)
    assert asyncio.run(ask("import os\nos.fork()")).text.startswith("PermissionError")
