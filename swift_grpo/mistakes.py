"""How a command ends on what its user got wrong: one line, no traceback, exit code 2."""

import sys
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def or_exit(function: Callable[..., Result], *args: object) -> Result:
    """The function's result; for a file that is not there or not as it should be, one line and exit code 2."""
    try:
        return function(*args)
    except (OSError, ValueError, KeyError) as error:
        print(f"swift-grpo: {error}", file=sys.stderr)
        sys.exit(2)
