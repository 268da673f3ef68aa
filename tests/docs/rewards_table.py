"""The catalogue of rewards as Markdown, from the registry."""

import inspect
import math
from itertools import groupby
from typing import Any

from grpo_rewards import catalogue
from grpo_rewards.contract import REGISTRY, Reward

from tests.docs.markdown import row

SUBJECTS = {
    "accuracy": "Right or wrong",
    "code": "A program's tests",
    "gym": "A task's own score",
    "instructions": "Instructions that a program can check",
    "environment": "An environment",
    "format": "Format",
    "length": "Length",
    "style": "Style",
    "tool_use": "Tools",
    "judge": "A judge",
}
HEAD = "| name, logged as | range | pays | needs | parameters |\n|---|---|---|---|---|\n"


def table() -> str:
    """A table for each module of rewards; a reward is a row."""
    ours = [r for r in REGISTRY.values() if _module(r) in catalogue.__all__]  # a test may have registered others
    parts = []
    for module, rewards in groupby(sorted(ours, key=lambda r: list(SUBJECTS).index(_module(r))), key=_module):
        parts.append(f"### {SUBJECTS[module]}\n\n{HEAD}" + "".join(map(_row, rewards)))
    return "\n" + "\n".join(parts) + "\n"


def _module(reward: Reward) -> str:
    return reward.function.__module__.rpartition(".")[2]


def _row(reward: Reward) -> str:
    return row(
        f"`{reward.name}` `{reward.column}`",
        _range(reward),
        inspect.getdoc(reward.function).partition("\n\n")[0].replace("\n", " "),
        ", ".join(f"`{name}`" for name in reward.needs),
        "; ".join(_parameter(reward, name, default) for name, default in reward.parameters.items()),
    )


def _range(reward: Reward) -> str:
    bounds = [f"{bound:g}" for bound in (reward.low, reward.high) if math.isfinite(bound)]
    if not bounds:
        return "by its parameters" if reward.parameters else "any number"
    return " to ".join(bounds) if len(bounds) == 2 else f"up to {bounds[0]}"


def _parameter(reward: Reward, name: str, default: Any) -> str:
    flags = " or ".join(f"`--{flag}`" for flag in reward.flags.get(name, ()))
    value = "no default" if default is inspect.Parameter.empty else f"`{default}`" if default != "" else "empty"
    return f"`{name}` ({value}{', ' + flags if flags else ''})"
