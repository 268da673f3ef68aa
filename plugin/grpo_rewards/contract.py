"""What a reward is, and the one place where its contract with ms-swift is kept.

A reward is a function. Its signature says all there is to say: the first argument is `completion` (called for each) or
`completions` (called once for a batch, where a group is judged together); further arguments are columns, one value or one
list; keyword-only arguments are parameters. Columns are those of the data set and those that ms-swift adds
(`swift/rl_core/grpo_algorithm.py`, `compute_rewards_per_func`), and three that are derived here:

- `tokens`, the number of tokens of a completion, from `response_token_ids`;
- `prompt`, the conversation that was answered, as text that equal prompts share, from `messages`;
- `group_tokens`, the numbers of tokens of all completions of the same prompt, on whatever rank they are, in rising order.

`trainer_state` and `trajectory_inputs` are one object for the whole batch and are handed on as they are.
"""

import functools
import inspect
import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grpo_rewards.ranks import from_all_ranks

logger = logging.getLogger("grpo_rewards")

_DERIVED = {
    "tokens": ["response_token_ids"],
    "prompt": ["messages"],
    "group_tokens": ["messages", "response_token_ids"],
}
_SHARED = ("trainer_state", "trajectory_inputs")
_GIVEN_IN_TRAINING = {"messages", "response_token_ids", *_SHARED}
_SHOWN = 300  # characters of a completion in a log line
_RECENT = 1000  # completions after which a share of None is old news
_WARN_AT = 0.1
_COMPLAINTS = 20


class RewardError(ValueError):
    """A reward that cannot be used as it is: a column or a parameter is missing or wrong. The message says how to mend it."""


class MissingParameter(RewardError):
    """A parameter without a default that nobody gave."""


@dataclass(frozen=True)
class Reward:
    """`function` under the name that `--reward_funcs` takes; `column` is the class name, which ms-swift logs.

    `low` and `high` bound its values. `flags` maps parameters to the ms-swift flags that set them, the first that is set.
    `check` raises ValueError on parameters that do not fit together.
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
        """The columns without which it cannot run, as they are called in the data."""
        names = [_DERIVED.get(p.name, [p.name]) for p in self.columns if p.default is p.empty]
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
    """Register a function as the reward `name`; the function itself stays as it is.

    `range` bounds its values, `column` is the name in ms-swift's log, `flags` and `check` are as in `Reward`. Raises
    RewardError if the name is taken or the function's first argument is neither `completion` nor `completions`.

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
        first = next(iter(inspect.signature(function).parameters), "nothing")
        if first not in ("completion", "completions"):
            raise RewardError(
                f"the reward {name} takes `{first}` first; it is `completion`, or `completions` for a batch"
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


class Rewarder:
    """One reward with its parameters, called as ms-swift calls it."""

    def __init__(self, reward: Reward, **parameters: Any) -> None:
        """Raises RewardError on a parameter that the reward has not, of another type, or that its `check` refuses."""
        self.reward = reward
        self.parameters = {**reward.parameters, **parameters}
        check_given(reward, parameters)
        _check_whole(reward, self.parameters)
        self.seen = 0  # completions, up to _RECENT
        self.unpaid = 0.0  # share of them that was left out, the older counting less
        self.warn_at = _WARN_AT
        self.complaints = 0

    def __call__(self, completions: Sequence[str], **columns: Any) -> list[float | None]:
        """A value for each completion; None leaves a completion out of this reward.

        Raises RewardError where a column is missing or a batch function returns another number of values. An exception on
        one completion is logged and costs that completion only.
        """
        pay, values = self._prepare(completions, columns)
        if not self.reward.is_batch:
            rows = _rows(values, completions)
            return self._accept(completions, [self._one(pay, c, row) for c, row in zip(completions, rows, strict=True)])
        try:
            return self._accept(completions, pay(completions, **values))
        except RewardError:
            raise
        except Exception as error:
            self._complain(f"failed on a batch of {len(completions)}; it is paid one by one", error)
        rows = [{name: [value] for name, value in row.items()} for row in _rows(values, completions)]
        paid = [self._one(pay, [c], row) for c, row in zip(completions, rows, strict=True)]
        return self._accept(completions, [value if value is None else _only(value) for value in paid])

    async def ask(self, completions: Sequence[str], **columns: Any) -> list[float | None]:
        """The same for an async function; where that takes one completion, all are awaited together."""
        import asyncio  # 20 ms

        pay, values = self._prepare(completions, columns)
        try:
            if self.reward.is_batch:
                return self._accept(completions, await pay(completions, **values))
        except RewardError:
            raise
        except Exception as error:
            self._complain(f"failed on a batch of {len(completions)}", error)
            return self._accept(completions, [None] * len(completions))
        rows = zip(completions, _rows(values, completions), strict=True)
        paid = await asyncio.gather(*(pay(c, **row) for c, row in rows), return_exceptions=True)
        for completion, value in zip(completions, paid, strict=True):
            if isinstance(value, Exception):
                self._complain(f"failed on {_shown(completion)}", value)
        return self._accept(completions, [None if isinstance(value, Exception) else value for value in paid])

    def _prepare(self, completions: Sequence[str], given: Mapping[str, Any]) -> tuple[Callable, dict[str, list]]:
        """The function with all that is the same for each completion, and the columns."""
        values: dict[str, list] = {}
        shared: dict[str, Any] = {}
        for argument in self.reward.columns:
            sources = _DERIVED.get(argument.name, [argument.name])
            missing = [source for source in sources if given.get(source) is None]
            if missing and argument.default is argument.empty:
                raise RewardError(
                    f"the reward {self.reward.name} needs the column `{missing[0]}`, {_where(missing[0])}"
                )
            if argument.name in _SHARED:
                shared[argument.name] = given.get(argument.name)
                continue
            if missing:
                values[argument.name] = [argument.default] * len(completions)
                continue
            for source in sources:
                if len(given[source]) != len(completions):
                    counts = f"{len(given[source])} values of `{source}` for {len(completions)} completions"
                    raise RewardError(f"the reward {self.reward.name} got {counts}")
            values[argument.name] = _column(argument.name, given)
        return functools.partial(self.reward.function, **shared, **self.parameters), values

    def _one(self, pay: Callable, completion: Any, row: dict[str, Any]) -> Any:
        try:
            return pay(completion, **row)
        except Exception as error:
            self._complain(f"failed on {_shown(completion)}", error)
            return None

    def _accept(self, completions: Sequence[str], paid: Sequence[Any]) -> list[float | None]:
        if not hasattr(paid, "__len__"):
            raise RewardError(
                f"the reward {self.reward.name} returned {type(paid).__name__}, not one value a completion"
            )
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
        except Exception:  # whatever an own reward returned
            number = math.nan
        if math.isfinite(number) and self.reward.low <= number <= self.reward.high:
            return number
        paid = number if isinstance(value, float) else type(value).__name__ if math.isnan(number) else f"{number:g}"
        limits = f"[{self.reward.low:g}, {self.reward.high:g}]"
        self._complain(f"paid {paid}, which is not in {limits}, for {_shown(completion)}")
        return None

    def _complain(self, what: str, error: Exception | None = None) -> None:
        """Logs the first complaints in full and then the 32nd, 64th, ...: a reward that fails always must not fill a disk."""
        self.complaints += 1
        if self.complaints <= _COMPLAINTS:
            logger.error("%s %s", self.reward.name, what, exc_info=error)
        elif self.complaints.bit_count() == 1:
            logger.error("%s %s (%d such lines by now)", self.reward.name, what, self.complaints)

    def _watch(self, accepted: list[float | None]) -> None:
        """Warn when a tenth, a fifth, two fifths, ... of the last completions were left out, some thousand of them."""
        if not accepted:
            return
        self.seen = min(self.seen + len(accepted), _RECENT)
        weight = min(1.0, len(accepted) / self.seen)
        self.unpaid += weight * (accepted.count(None) / len(accepted) - self.unpaid)
        if self.unpaid >= self.warn_at:
            logger.warning("%s left out %.0f%% of the last completions (None)", self.reward.name, 100 * self.unpaid)
            while self.unpaid >= self.warn_at:
                self.warn_at *= 2
        elif self.unpaid < _WARN_AT / 2:
            self.warn_at = _WARN_AT


def _rows(values: dict[str, list], completions: Sequence[str]) -> list[dict[str, Any]]:
    return [{name: column[i] for name, column in values.items()} for i in range(len(completions))]


def _column(name: str, given: Mapping[str, Any]) -> list:
    if name == "tokens":
        return [_tokens(ids) for ids in given["response_token_ids"]]
    if name == "prompt":
        return [_prompt(messages) for messages in given["messages"]]
    if name == "group_tokens":
        return _group_tokens(given)
    return list(given[name])


def _tokens(ids: Any) -> int:
    turns = ids if ids and isinstance(ids[0], list) else [ids or []]  # a list for each turn, or one list
    return sum(len(turn) for turn in turns)


def _prompt(messages: Any) -> str:
    answered = messages[:-1] if messages and messages[-1].get("role") == "assistant" else messages
    return json.dumps(answered, ensure_ascii=False, sort_keys=True, default=str)


def _group_tokens(given: Mapping[str, Any]) -> list[list[int]]:
    """For each completion the tokens of its whole group, which is gathered from all ranks.

    A group shares ms-swift's `prompt_id`, which is the same on all ranks and holds where turns differ
    (`swift/rlhf_trainers/rollout_mixin.py`, `_add_prompt_id_to_inputs`); without it, the prompt's text.
    """
    ids = given.get("prompt_id")
    keys = list(ids) if ids and all(ids) else _column("prompt", given)
    groups: dict[str, list[int]] = {}
    for key, tokens in from_all_ranks(list(zip(keys, _column("tokens", given), strict=True))):
        groups.setdefault(key, []).append(tokens)
    for group in groups.values():
        group.sort()
    return [groups[key] for key in keys]


def _only(values: Sequence[Any]) -> Any:
    """The value of a batch of one; None where a function returned another number of them."""
    return values[0] if hasattr(values, "__len__") and len(values) == 1 else None


def _shown(completion: Any) -> str:
    """The end of a completion for a log: no control characters, no length that fills a disk."""
    text = completion[0] if isinstance(completion, list) and completion else completion
    return repr(text[-_SHOWN:] if isinstance(text, str) else type(text).__name__)


def _where(column: str) -> str:
    if column in _GIVEN_IN_TRAINING:
        return "which ms-swift gives while training"
    return f"""which the data set has not; map one to it: --columns '{{"answer": "{column}"}}'"""


def check_given(reward: Reward, given: Mapping[str, Any]) -> None:
    """Raises RewardError on a parameter that the reward has not, or that is of another type."""
    for name, value in given.items():
        if name not in reward.parameters:
            known = ", ".join(reward.parameters) or "no parameters"
            raise RewardError(f"the reward {reward.name} has no parameter `{name}`; it has {known}")
        wanted = _type_of(next(p for p in reward.arguments if p.name == name))
        if wanted and not _fits(value, wanted):
            raise RewardError(f"the reward {reward.name} wants `{name}` as {wanted.__name__}, not {value!r}")


def _check_whole(reward: Reward, parameters: Mapping[str, Any]) -> None:
    missing = [name for name, value in parameters.items() if value is inspect.Parameter.empty]
    if missing:
        flag = f", the flag --{reward.flags[missing[0]][0]}" if missing[0] in reward.flags else ""
        raise MissingParameter(f"the reward {reward.name} needs the parameter `{missing[0]}`{flag}")
    if reward.check:
        try:
            reward.check(**parameters)
        except (TypeError, ValueError) as error:
            raise RewardError(f"the reward {reward.name}: {error}") from None


def _type_of(parameter: inspect.Parameter) -> type | None:
    """The type that a parameter's value has: its default's, without one what it is annotated with."""
    if parameter.default is not None and parameter.default is not parameter.empty:
        return type(parameter.default)
    return (
        parameter.annotation
        if isinstance(parameter.annotation, type) and parameter.annotation is not parameter.empty
        else None
    )


def _fits(value: Any, wanted: type) -> bool:
    """Whether a value is of a type: whole numbers are also numbers, true and false are not, nor are infinity and NaN."""
    if isinstance(value, bool) or wanted is bool:
        return isinstance(value, bool) and wanted is bool
    if wanted is float:
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, wanted)
