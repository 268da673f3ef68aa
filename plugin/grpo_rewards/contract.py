"""A reward is a function, registered under the name that `--reward_funcs` takes.

Its signature is the contract. The first argument is `completion` (called for each) or `completions` (called once a
batch, for rewards that judge a group together). Further arguments are columns, one value or one list (`columns`).
Keyword-only arguments are parameters (`parameters`). `rewarder` calls it as ms-swift does.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from grpo_rewards.columns import DERIVED


class RewardError(ValueError):
    """A reward that cannot be used: a column or a parameter is missing or wrong. The message says how to fix it."""


class MissingParameter(RewardError):
    """A parameter without a default that is not set."""


class NotInstalled(RewardError):
    """A reward whose package is not installed; the message names it."""


@dataclass(frozen=True)
class Reward:
    """`function` under the name that `--reward_funcs` takes; `column` is the class name, which ms-swift logs.

    `low` and `high` bound its values. `flags` maps parameters to the ms-swift flags that set them; the first flag set
    wins. `check` raises ValueError on parameters that do not fit together.
    """

    name: str
    function: Callable
    low: float
    high: float
    column: str
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    check: Callable[..., None] | None = None

    @property
    def arguments(self) -> list[inspect.Parameter]:
        return list(inspect.signature(self.function).parameters.values())

    @property
    def is_batch(self) -> bool:
        return self.arguments[0].name == "completions"

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.function)

    @property
    def columns(self) -> list[inspect.Parameter]:
        return [p for p in self.arguments[1:] if p.kind is p.POSITIONAL_OR_KEYWORD]

    @property
    def needs(self) -> list[str]:
        """The columns that it needs, by their names in the data."""
        names = [DERIVED.get(p.name, [p.name]) for p in self.columns if p.default is p.empty]
        return list(dict.fromkeys(source for sources in names for source in sources))

    @property
    def parameters(self) -> dict[str, Any]:
        return {p.name: p.default for p in self.arguments if p.kind is p.KEYWORD_ONLY}


REGISTRY: dict[str, Reward] = {}


def register_reward(
    name: str,
    range: tuple[float, float] = (0.0, 1.0),
    column: str | None = None,
    flags: Mapping[str, tuple[str, ...]] | None = None,
    check: Callable[..., None] | None = None,
) -> Callable[[Callable], Callable]:
    """Register a function as the reward `name`; the function itself is unchanged.

    `range` bounds its values, `column` is the name in ms-swift's log, `flags` and `check` are as in `Reward`. Raises
    RewardError if the name is taken or the function's first argument is neither `completion` nor `completions`.

    >>> @register_reward("brevity", range=(-1, 0))
    ... def brevity(completion: str, *, longest: int = 100) -> float:
    ...     return -min(1.0, len(completion) / longest)
    >>> from grpo_rewards.rewarder import Rewarder
    >>> Rewarder(REGISTRY["brevity"], longest=8)(["four", "far too long"])
    [-0.5, -1.0]
    >>> del REGISTRY["brevity"]
    """

    def register(function: Callable) -> Callable:
        if name in REGISTRY:
            raise RewardError(f"the reward {name} is registered already; choose another name")
        first = next(iter(inspect.signature(function).parameters), "nothing")
        if first not in ("completion", "completions"):
            raise RewardError(
                f"the reward {name} takes `{first}` first; it must be `completion`, or `completions` for a batch"
            )
        reward = Reward(name, function, *range, column or camel_case(name), flags or {}, check)
        same = [other.name for other in REGISTRY.values() if other.column == reward.column]
        if same:
            raise RewardError(
                f"the reward {name} would be logged as {reward.column}, as {same[0]} is; choose another name"
            )
        REGISTRY[name] = reward
        return function

    return register


def camel_case(name: str) -> str:
    """The class name that a reward is logged under.

    >>> camel_case("target_length")
    'TargetLength'
    """
    return "".join(part.capitalize() for part in name.replace("-", "_").split("_"))
