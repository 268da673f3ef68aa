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
        print(f"swift-grpo: {line(error)}", file=sys.stderr)
        sys.exit(2)


def line(error: Exception) -> str:
    """What it says, for a person: of an OSError the file first, and no number.

    >>> line(FileNotFoundError(2, "No such file or directory", "rows.jsonl")), line(ValueError("--seed is negative"))
    ('rows.jsonl: no such file or directory', '--seed is negative')
    """
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror[0].lower()}{error.strerror[1:]}"
    return str(error)
