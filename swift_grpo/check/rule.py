"""A message of the preflight as a row: its name, severity, text, fix and reason.

Each subject declares its rows beside its checks, and a check names the row it yields:

    rules(
        Rule("model/torn-shard", ERROR, "{file} is truncated: {size} bytes, its header promises {wanted}",
             fix="download it again", why="the safetensors format"),
    )
    ...
    yield found("model/torn-shard", file=file, size=size, wanted=wanted)
"""

import difflib
import importlib.util
import sys
from collections import ChainMap
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass

from swift_grpo.check.problem import Problem
from swift_grpo.formats.command_line import Command

RULES: dict[str, "Rule"] = {}
DECLARED_IN: dict[str, str] = {}  # the module, by id


@dataclass(frozen=True)
class Rule:
    """`id` is SUBJECT/NAME, as --no-check takes it. `message` and `fix` name the fields that `found` fills in. `why`:
    the reason, or the line of ms-swift (paths below `swift/`, 4.6.0), transformers, DeepSpeed or vLLM. `machine`:
    another machine may not have it, so a dry run makes a warning of it. `when`: whether one command has it."""

    id: str
    severity: str
    message: str
    fix: str = ""
    why: str = ""
    machine: bool = False
    when: Callable[[Command], bool] | None = None

    @property
    def subject(self) -> str:
        return self.id.partition("/")[0]

    def problem(self, fields: MutableMapping[str, object]) -> Problem:
        """`{why}` in the message is the reason. Raises KeyError for a field that is not given."""
        message = self.message.format_map(ChainMap({"why": self.why}, fields))
        return Problem(message, self.fix.format_map(fields), self.severity, self.id, self.machine)


def rules(*rows: Rule) -> None:
    """Declare a subject's rows. Raises ValueError for an id that is taken."""
    for row in rows:
        if RULES.setdefault(row.id, row) is not row:
            raise ValueError(f"two rules are called {row.id}")
        DECLARED_IN[row.id] = sys._getframe(1).f_globals["__name__"]


def found(id: str, **fields: object) -> Problem:
    """The problem of a rule, its fields filled in. Raises KeyError for an unknown id or a field that is not given."""
    return RULES[id].problem(fields)


def nearest(name: str, subjects: Iterable[str]) -> list[str]:
    """The subjects and ids nearest in spelling to an unknown name, at most three.

    >>> nearest("flag", ["flags", "ranges"]), nearest("xyz", ["flags"])
    (['flags'], [])
    """
    named = {one: one for one in (*subjects, *RULES)} | {id.partition("/")[2]: id for id in RULES}
    return list(dict.fromkeys(named[one] for one in difflib.get_close_matches(name, named, n=3)))


def lacks(module: str) -> bool:
    """Whether a package is not installed; it is not imported."""
    try:
        return importlib.util.find_spec(module) is None
    except (ImportError, ValueError):
        return True
