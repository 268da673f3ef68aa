"""A row of the tables beside this, and the predicates that several rows share."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

from swift_grpo.check.problem import ERROR
from swift_grpo.formats.command_line import Command


@dataclass(frozen=True)
class Rule:
    """`holds(command)` says that the flags contradict each other."""

    holds: Callable[[Command], bool]
    what: str
    fix: str
    why: str
    severity: str = ERROR
    machine: bool = False  # whether it depends on this machine, such as on its packages


def lacks(module: str) -> bool:
    """Whether a package is not installed; found without importing it."""
    try:
        return importlib.util.find_spec(module) is None
    except (ImportError, ValueError):
        return True


def teacher(c: Command) -> bool:
    return c.given("teacher_model", "teacher_model_server")


def rewarded(c: Command) -> bool:
    return c.given("reward_funcs", "reward_model")


def more(c: Command, flag: str, than: float) -> bool:
    value = c.number(flag)
    return value is not None and value > than


def loss(c: Command) -> str:
    return c.text("loss_type") or "grpo"


def evaluation(c: Command) -> str:
    return c.text("eval_strategy") or c.text("save_strategy") or "steps"
