"""Checks a reward's parameters before the first step."""

import inspect
import math
from collections.abc import Mapping
from typing import Any

from grpo_rewards.contract import MissingParameter, NotInstalled, Reward, RewardError


def check_given(reward: Reward, given: Mapping[str, Any]) -> None:
    """Raises RewardError on a parameter that the reward does not have, or of the wrong type."""
    for name, value in given.items():
        if name not in reward.parameters:
            known = ", ".join(reward.parameters) or "no parameters"
            raise RewardError(f"the reward {reward.name} has no parameter `{name}`; it has {known}")
        wanted = _type_of(next(p for p in reward.arguments if p.name == name))
        if wanted and not _fits(value, wanted):
            raise RewardError(f"the reward {reward.name} wants `{name}` as {wanted.__name__}, not {value!r}")


def check_whole(reward: Reward, parameters: Mapping[str, Any]) -> None:
    missing = [name for name, value in parameters.items() if value is inspect.Parameter.empty]
    if missing:
        flag = f", the flag --{reward.flags[missing[0]][0]}" if missing[0] in reward.flags else ""
        raise MissingParameter(f"the reward {reward.name} needs the parameter `{missing[0]}`{flag}")
    if reward.check:
        try:
            reward.check(**parameters)
        except NotInstalled:
            raise
        except (TypeError, ValueError) as error:
            raise RewardError(f"the reward {reward.name}: {error}") from None


def _type_of(parameter: inspect.Parameter) -> type | None:
    """The type of a parameter: that of its default, without a default its annotation."""
    if parameter.default is not None and parameter.default is not parameter.empty:
        return type(parameter.default)
    return (
        parameter.annotation
        if isinstance(parameter.annotation, type) and parameter.annotation is not parameter.empty
        else None
    )


def _fits(value: Any, wanted: type) -> bool:
    """Whether a value is of a type. Integers are also floats; booleans, infinity and NaN are not numbers."""
    if isinstance(value, bool) or wanted is bool:
        return isinstance(value, bool) and wanted is bool
    if wanted is float:
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, wanted)
