"""The tool `python`: a snippet in pydantic-monty, an interpreter without files, network and packages, in processes of
its own with limits on time, memory and depth. A crash or a kill of such a process reaches the tool as an error."""

import atexit
import functools
from typing import Any

from grpo_tools import runner
from grpo_tools.registry import Failed, register_tool

LIMITS: dict[str, Any] = {  # and the time limit of a call
    "max_total_sleep_secs": 0.1,
    "max_memory": 128 << 20,
    "max_recursion_depth": 300,
    "max_suspensions": 100,
}
_OUTPUT = 1 << 20  # bytes that a snippet may print


@register_tool
def python(code: str) -> str:
    """Runs Python code and returns what it prints, or the value of its last line. Nothing is kept between calls.
    Files, network, input(), generators (yield) and packages are not available; of the standard library only math, re,
    json, datetime and random are. Code that runs for long is stopped.

    Args:
        code: for example print(sum(n * n for n in range(1, 101)))
    """
    import pydantic_monty as monty

    printed = monty.CollectString(max_bytes=_OUTPUT)
    try:
        with _pool().checkout(limits=LIMITS | {"max_feed_duration_secs": _seconds()}) as session:
            value = session.feed_run(code, print_callback=printed)
    except (monty.MontySyntaxError, monty.MontyRuntimeError) as error:
        if isinstance(error.exception(), TimeoutError):
            raise TimeoutError from None  # the runner says so, as of any other tool
        raise Failed(printed.output + error.display("type-msg")) from None
    except monty.MontyError as error:  # the process died, or a value cannot leave it
        raise Failed(f"{printed.output}{error}") from None
    if value is None:
        return printed.output or "(nothing was printed)"
    return printed.output + (value if isinstance(value, str) else repr(value))


def _seconds() -> float:
    return runner.Limits.of_environment().seconds


@functools.cache
def _pool() -> Any:
    import pydantic_monty as monty

    pool = monty.Monty(request_timeout=_seconds() + 2)
    pool.__enter__()
    atexit.register(pool.__exit__, None, None, None)
    return pool
