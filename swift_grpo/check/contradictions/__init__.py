"""Flags that do not go together: a predicate a row, what to say, how to fix it, and the line that refuses or ignores it.

Paths are below ms-swift 4.6.0 (`swift/`) unless they name another package. Braces in a message take the flag's value.
"""

import re
from collections.abc import Iterator

from swift_grpo.check.contradictions import reward_flags, rollouts, trainer, tuners
from swift_grpo.check.problem import Problem
from swift_grpo.formats.command_line import Command

RULES = (*rollouts.RULES, *reward_flags.RULES, *trainer.RULES, *tuners.RULES)

LISTED = {"without_liger": reward_flags.without_liger, "broken_steps": trainer.broken_steps}  # in place of a flag


def check_contradictions(command: Command) -> Iterator[Problem]:
    """Every row of RULES that holds."""
    for rule in RULES:
        if rule.holds(command):
            yield Problem(
                f"{_filled(rule.what, command)} ({rule.why})",
                _filled(rule.fix, command),
                rule.severity,
                machine=rule.machine,
            )


def _filled(text: str, command: Command) -> str:
    def value(found: re.Match) -> str:
        if found[1] in LISTED:
            return ", ".join(LISTED[found[1]](command))
        return " ".join(command.values(found[1])) or "not set"

    return re.sub(r"\{(\w+)\}", value, text).replace("{{", "{").replace("}}", "}")
