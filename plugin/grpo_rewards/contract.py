"""What a reward is, and the one place where its contract with ms-swift is kept.

A reward is a function. Its signature says all there is to say: the first argument is `completion` (called for each) or
`completions` (called once for a batch, where a group is judged together); further arguments are columns, one value or one
list; keyword-only arguments are parameters. Columns are those of the data set and those that ms-swift adds
(`swift/rl_core/grpo_algorithm.py`, `compute_rewards_per_func`), and two that are derived here:

- `tokens`, the number of tokens of a completion, from `response_token_ids`;
- `prompt`, the conversation that was answered, as text that equal prompts share, from `messages`.
"""

import inspect
import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

logger = logging.getLogger("grpo_rewards")

_DERIVED = {"tokens": "response_token_ids", "prompt": "messages"}
_SHOWN = 300  # characters of a completion in a log line


class RewardError(ValueError):
    """A reward that cannot be used as it is: a column or a parameter is missing or wrong. The message says how to mend it."""


@dataclass(frozen=True)
class Reward:
    """`function` under the name that `--reward_funcs` takes; `column` is the class name, which ms-swift logs.

    `low` and `high` bound its values. `flags` maps parameters to the ms-swift flags that set them. `check` raises ValueError
    on parameters that do not fit together.
    """

    name: str
    function: Callable
    low: float
    high: float
    column: str
    flags: Mapping[str, str] = field(default_factory=dict)
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
        """The columns without which it cannot run, as they are called in the data."""
        return [_DERIVED.get(p.name, p.name) for p in self.columns if p.default is p.empty]

    @property
    def parameters(self) -> dict[str, Any]:
        return {p.name: p.default for p in self.arguments if p.kind is p.KEYWORD_ONLY}


REGISTRY: dict[str, Reward] = {}


def register_reward(
    name: str,
    range: tuple[float, float] = (0.0, 1.0),
    column: str | None = None,
    flags: Mapping[str, str] | None = None,
    check: Callable[..., None] | None = None,
) -> Callable[[Callable], Callable]:
    """Register a function as the reward `name`; the function itself stays as it is. Raises RewardError if the name is taken.

    >>> @register_reward("brevity", range=(-1, 0))
    ... def brevity(completion: str, *, longest: int = 100) -> float:
    ...     return -min(1.0, len(completion) / longest)
    >>> Rewarder(REGISTRY["brevity"], longest=8)(["four", "far too long"])
    [-0.5, -1.0]
    >>> del REGISTRY["brevity"]
    """

    def register(function: Callable) -> Callable:
        if name in REGISTRY:
            raise RewardError(f"the reward {name} is registered already; choose another name")
        REGISTRY[name] = Reward(name, function, *range, column or camel_case(name), flags or {}, check)
        return function

    return register


def camel_case(name: str) -> str:
    """The class name that a reward is logged under.

    >>> camel_case("target_length")
    'TargetLength'
    """
    return "".join(part.capitalize() for part in name.replace("-", "_").split("_"))


class Rewarder:
    """One reward with its parameters, called as ms-swift calls it."""

    def __init__(self, reward: Reward, **parameters: Any) -> None:
        """Raises RewardError on a parameter that the reward has not, of another type, or that its `check` refuses."""
        self.reward = reward
        self.parameters = {**reward.parameters, **parameters}
        _check_parameters(reward, parameters, self.parameters)
        self.seen = self.unpaid = 0
        self.warn_at = 0.1

    def __call__(self, completions: Sequence[str], **columns: Any) -> list[float | None]:
        """A value for each completion; None leaves a completion out of this reward.

        Raises RewardError where a column is missing or a batch function returns another number of values. An exception on
        one completion is logged and costs that completion only.
        """
        values = self._columns(completions, columns)
        if not self.reward.is_batch:
            rows = _rows(values, completions)
            return self._accept(completions, [self._one(c, row) for c, row in zip(completions, rows, strict=True)])
        return self._accept(completions, self._whole(completions, values))

    async def ask(self, completions: Sequence[str], **columns: Any) -> list[float | None]:
        """The same for an async function."""
        values = self._columns(completions, columns)
        try:
            return self._accept(completions, await self.reward.function(completions, **values, **self.parameters))
        except RewardError:
            raise
        except Exception:
            logger.exception("%s failed on a batch of %d", self.reward.name, len(completions))
            return self._accept(completions, [None] * len(completions))

    def _columns(self, completions: Sequence[str], given: Mapping[str, Any]) -> dict[str, list]:
        values = {}
        for argument in self.reward.columns:
            source = _DERIVED.get(argument.name, argument.name)
            if given.get(source) is None:
                if argument.default is argument.empty:
                    raise RewardError(f"the reward {self.reward.name} needs the column `{source}`, {_where(source)}")
                values[argument.name] = [argument.default] * len(completions)
                continue
            if len(given[source]) != len(completions):
                counts = f"{len(given[source])} values of `{source}` for {len(completions)} completions"
                raise RewardError(f"the reward {self.reward.name} got {counts}")
            values[argument.name] = [_derive(argument.name, value) for value in given[source]]
        return values

    def _one(self, completion: str, row: dict[str, Any]) -> Any:
        try:
            return self.reward.function(completion, **row, **self.parameters)
        except Exception:
            logger.exception("%s failed on %r", self.reward.name, completion[-_SHOWN:])
            return None

    def _whole(self, completions: Sequence[str], values: dict[str, list]) -> list:
        try:
            return self.reward.function(completions, **values, **self.parameters)
        except RewardError:
            raise
        except Exception:
            logger.exception("%s failed on a batch of %d; it is paid one by one", self.reward.name, len(completions))
        paid = []
        for completion, row in zip(completions, _rows(values, completions), strict=True):
            try:
                paid += self.reward.function([completion], **{name: [v] for name, v in row.items()}, **self.parameters)
            except Exception:
                logger.exception("%s failed on %r", self.reward.name, completion[-_SHOWN:])
                paid.append(None)
        return paid

    def _accept(self, completions: Sequence[str], paid: Sequence[Any]) -> list[float | None]:
        if len(paid) != len(completions):
            raise RewardError(
                f"the reward {self.reward.name} returned {len(paid)} values for {len(completions)} completions"
            )
        accepted = [self._in_range(value, completion) for value, completion in zip(paid, completions, strict=True)]
        self._watch(accepted)
        return accepted

    def _in_range(self, value: Any, completion: str) -> float | None:
        if value is None:
            return None
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if self.reward.low <= number <= self.reward.high:
            return number
        logger.error(
            "%s paid %r, which is not in [%g, %g], for %r",
            self.reward.name, value, self.reward.low, self.reward.high, completion[-_SHOWN:],
        )  # fmt: skip
        return None

    def _watch(self, accepted: list[float | None]) -> None:
        """Warn when a tenth, a fifth, two fifths, ... of all completions so far were left out."""
        self.seen += len(accepted)
        self.unpaid += accepted.count(None)
        share = self.unpaid / max(1, self.seen)
        if share >= self.warn_at:
            logger.warning("%s left out %d of %d completions (None)", self.reward.name, self.unpaid, self.seen)
            while share >= self.warn_at:
                self.warn_at *= 2


def _rows(values: dict[str, list], completions: Sequence[str]) -> list[dict[str, Any]]:
    return [{name: column[i] for name, column in values.items()} for i in range(len(completions))]


def _derive(name: str, value: Any) -> Any:
    if name == "tokens":
        turns = value if value and isinstance(value[0], list) else [value or []]  # a list for each turn, or one list
        return sum(len(turn) for turn in turns)
    if name == "prompt":
        answered = value[:-1] if value and value[-1].get("role") == "assistant" else value
        return json.dumps(answered, ensure_ascii=False, sort_keys=True, default=str)
    return value


def _where(column: str) -> str:
    if column in _DERIVED.values():
        return "which ms-swift gives while training"
    return f"""which the data set has not; map one to it: --columns '{{"answer": "{column}"}}'"""


def _check_parameters(reward: Reward, given: Mapping[str, Any], all_of_them: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if name not in reward.parameters:
            known = ", ".join(reward.parameters) or "none"
            raise RewardError(f"the reward {reward.name} has no parameter `{name}`; it has {known}")
        default = reward.parameters[name]
        if not _same_type(value, default):
            raise RewardError(f"the reward {reward.name} wants `{name}` as {type(default).__name__}, not {value!r}")
    missing = [name for name, value in all_of_them.items() if value is inspect.Parameter.empty]
    if missing:
        flag = f", the flag --{reward.flags[missing[0]]}" if missing[0] in reward.flags else ""
        raise RewardError(f"the reward {reward.name} needs the parameter `{missing[0]}`{flag}")
    if reward.check:
        try:
            reward.check(**all_of_them)
        except ValueError as error:
            raise RewardError(f"the reward {reward.name}: {error}") from None


def _same_type(value: Any, default: Any) -> bool:
    """Whether a value may take a default's place: whole numbers are also numbers, true and false are not."""
    if default is None or default is inspect.Parameter.empty:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    return isinstance(value, int | float if isinstance(default, float) else type(default))
