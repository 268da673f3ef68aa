"""Every check, by subject: NAME.toml has its name, texts and limits, a function of NAME.py measures it."""

import tomllib
from pathlib import Path
from types import ModuleType

from swift_grpo.rollouts.diagnosis.check import Check, check_of
from swift_grpo.rollouts.diagnosis.checks import completions, data, outcome, policy, rewards, tools, trainer


def checks_of(module: ModuleType) -> tuple[str, list[Check]]:
    """A module's subject and its checks; each is measured by the function with its name. A text may name the module's
    constants.

    Raises ValueError, which names file and check, if a table does not fit.
    """
    path = Path(__file__).with_name(module.__name__.rpartition(".")[2] + ".toml")
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    subject = tables.pop("subject")
    names = vars(module)
    constants = {name: value for name, value in names.items() if name.isupper()}
    try:
        return subject, [check_of(name, names[name], table, constants) for name, table in tables.items()]
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path.name}: {error}") from error


SUBJECTS = dict(map(checks_of, (trainer, data, tools, rewards, completions, policy, outcome)))  # machinery first
CHECKS = {check.name: check for checks in SUBJECTS.values() for check in checks}
