"""Options of the grader: the section `grader` of the YAML file that the environment variable GRPO_REWARDS names.

Training, `score` and `eval` read the same file, so they cannot differ. docs/grader.md shows the section.
"""

import functools
import os
from dataclasses import dataclass, fields
from typing import Any

from grpo_rewards.contract import RewardError

SECTION = "grader"
VARIABLE = "GRPO_REWARDS"
PERCENT = ("either", "hundredth", "number")


@dataclass(frozen=True)
class Options:
    """`tolerance` is a share of the gold, below 1; zero means equality. `free_text`: a sentence may hold an answer."""

    free_text: bool = True
    tolerance: float = 0.0
    percent: str = "either"
    thought_tags: tuple[str, ...] = ()


def from_section(section: Any) -> Options:
    """The options that a section gives. Raises RewardError with key and value."""
    given = dict(section or {})
    if unknown := sorted(set(given) - {field.name for field in fields(Options)}):
        known = ", ".join(field.name for field in fields(Options))
        raise RewardError(f"the grader has no option `{unknown[0]}`; it has {known}")
    if "thought_tags" in given:
        tags = given["thought_tags"]
        if not isinstance(tags, list) or not all(isinstance(tag, str) and tag.strip("<>[]/ ") for tag in tags):
            raise RewardError(f"the grader wants `thought_tags` as a list of names, not {tags!r}")
        given["thought_tags"] = tuple(tag.strip("<>[]/ ") for tag in tags)
    options = Options(**given)
    if not isinstance(options.free_text, bool):
        raise RewardError(f"the grader wants `free_text` as true or false, not {options.free_text!r}")
    if type(options.tolerance) not in (int, float) or not 0 <= options.tolerance < 1:
        raise RewardError(f"the grader wants `tolerance` as a number from 0 to below 1, not {options.tolerance!r}")
    if options.percent not in PERCENT:
        raise RewardError(f"the grader wants `percent` as one of {', '.join(PERCENT)}, not {options.percent!r}")
    return options


def current() -> Options:
    """The options of this process. Raises RewardError where the file cannot be read."""
    return _of_file(os.environ.get(VARIABLE, ""))


@functools.cache
def _of_file(path: str) -> Options:
    if not path:
        return Options()
    from grpo_rewards import settings

    return from_section(settings.sections(path).get(SECTION))
