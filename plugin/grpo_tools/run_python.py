"""The tool `run_python`: a program in CPython, in the sandbox that judges programs too. Where there is no sandbox the
tool cannot be offered, so a run offers it by name only."""

import asyncio
import functools
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from grpo_tools import runner
from grpo_tools.registry import Failed, ToolError, register_tool

logger = logging.getLogger("grpo_tools")
_WAIT, _RUN = 0.4, 0.5  # of TOOL_SECONDS: for a free core, and for the program; the rest starts and ends a process


def _sandbox() -> Any:
    """Raises ToolError, with what to install, where there is none."""
    try:
        from swift_grpo import sandbox
    except ImportError:
        raise ToolError("the tool run_python needs the package swift_grpo: pip install swift-grpo") from None
    try:
        return sandbox.choose()
    except sandbox.NoSandbox as error:
        raise ToolError(f"the tool run_python: {error}") from None


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_sandbox().workers, "run_python")


@register_tool(check=_sandbox)
async def run_python(code: str) -> str:
    """Runs a Python program and returns what it prints, or its error. Nothing is kept between calls.
    The standard library and installed packages such as numpy are there; input, files, network and other processes are
    not. A program that runs for long is stopped.

    Args:
        code: for example print(sum(n * n for n in range(1, 101)))
    """
    seconds = runner.Limits.of_environment().seconds
    job = _threads().submit(_run, code, seconds * _RUN)
    result = asyncio.wrap_future(job)
    try:
        await asyncio.wait([result], timeout=seconds * _WAIT)
        if job.cancel():  # it did not begin; a queue is not to take the program's time
            raise Failed("Error: too many programs are running, so this one was not; that is not its fault")
        return await result
    finally:
        result.cancel()


def _run(code: str, seconds: float) -> str:
    from swift_grpo.sandbox import Case, Limits, Outage, Program

    try:
        (outcome,) = _sandbox().run(Program(code, [Case("stdin")]), Limits(seconds, seconds))
    except Outage as error:
        logger.warning("run_python: the sandbox failed: %s", error)
        raise Failed("Error: the sandbox failed and the program was not run; that is not its fault") from None
    if outcome.reason == "ended" and outcome.exit == 0:
        return outcome.output or "(nothing was printed)"
    why = outcome.errors.strip().rpartition("\n")[2] or f"Error: exit status {outcome.exit}"
    stopped = {"time": f"it ran for more than {seconds:g} seconds", "output": "it printed too much"}
    if outcome.reason not in ("ended", "memory"):
        why = f"Error: {stopped.get(outcome.reason, 'a signal ended it')}"
    raise Failed(f"{why}\nIt printed:\n{outcome.output}" if outcome.output else why)  # a long result is cut at its end
