"""A reward with its parameters, called as ms-swift calls it. All of the contract with ms-swift is here."""

import functools
import logging
import math
import signal
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grpo_rewards.columns import DERIVED, SHARED, column, own_words, where
from grpo_rewards.contract import Reward, RewardError
from grpo_rewards.parameters import check_given, check_whole

logger = logging.getLogger("grpo_rewards")

_SHOWN = 300  # characters of a completion in a log line
_RECENT = 1000  # completions over which the share of None is averaged
_WARN_AT = 0.1
_COMPLAINTS = 20


class Rewarder:
    """One reward with its parameters, called as ms-swift calls it."""

    def __init__(self, reward: Reward, **parameters: Any) -> None:
        """Raises RewardError on a parameter that is unknown, of the wrong type, or refused by the reward's `check`."""
        self.reward = reward
        self.parameters = {**reward.parameters, **parameters}
        check_given(reward, parameters)
        check_whole(reward, self.parameters)
        self.seen = 0  # completions, up to _RECENT
        self.unpaid = 0.0  # share of them that was left out; older ones count less
        self.warn_at = _WARN_AT
        self.complaints = 0

    def __call__(self, completions: Sequence[str], **columns: Any) -> list[float | None]:
        """A value for each completion; None leaves the completion out of this reward.

        Raises RewardError where a column is missing or a batch function returns another number of values. An exception
        on one completion is logged and costs that completion only.
        """
        completions = own_words(completions, columns)
        pay, values = self._prepare(completions, columns)
        if not self.reward.is_batch:
            rows = _rows(values, completions)
            return self._accept(completions, [self._one(pay, c, row) for c, row in zip(completions, rows, strict=True)])
        try:
            return self._accept(completions, pay(completions, **values))
        except RewardError:
            raise
        except Exception as error:
            if by_a_signal(error):
                raise
            self._complain(f"failed on a batch of {len(completions)}; it is paid one by one", error)
        rows = [{name: [value] for name, value in row.items()} for row in _rows(values, completions)]
        paid = [self._one(pay, [c], row) for c, row in zip(completions, rows, strict=True)]
        return self._accept(completions, [value if value is None else _only(value) for value in paid])

    async def ask(self, completions: Sequence[str], **columns: Any) -> list[float | None]:
        """The same for an async function; if it takes one completion, all are awaited together."""
        import asyncio  # 20 ms

        completions = own_words(completions, columns)
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
        """The function with the arguments that all completions share, and the columns."""
        values: dict[str, list] = {}
        shared: dict[str, Any] = {}
        for argument in self.reward.columns:
            sources = DERIVED.get(argument.name, [argument.name])
            missing = [source for source in sources if given.get(source) is None]
            if missing and argument.default is argument.empty:
                raise RewardError(f"the reward {self.reward.name} needs the column `{missing[0]}`, {where(missing[0])}")
            if argument.name in SHARED:
                shared[argument.name] = given.get(argument.name)
                continue
            if missing:
                values[argument.name] = [argument.default] * len(completions)
                continue
            for source in sources:
                if isinstance(given[source], str | bytes | Mapping) or not hasattr(given[source], "__len__"):
                    kind = type(given[source]).__name__
                    raise RewardError(
                        f"the reward {self.reward.name} got `{source}` as {kind}, not as a list of one value a completion"
                    )
                if len(given[source]) != len(completions):
                    counts = f"{len(given[source])} values of `{source}` for {len(completions)} completions"
                    raise RewardError(f"the reward {self.reward.name} got {counts}")
            values[argument.name] = column(argument.name, given)
        return functools.partial(self.reward.function, **shared, **self.parameters), values

    def _one(self, pay: Callable, completion: Any, row: dict[str, Any]) -> Any:
        try:
            return pay(completion, **row)
        except Exception as error:
            if by_a_signal(error):
                raise
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
        except Exception:  # a user's reward may return anything
            number = math.nan
        if math.isfinite(number) and self.reward.low <= number <= self.reward.high:
            return number
        paid = number if isinstance(value, float) else type(value).__name__ if math.isnan(number) else f"{number:g}"
        limits = f"[{self.reward.low:g}, {self.reward.high:g}]"
        self._complain(f"paid {paid}, which is not in {limits}, for {_shown(completion)}")
        return None

    def _complain(self, what: str, error: Exception | None = None) -> None:
        """Logs the first complaints, then the 32nd, 64th, ..., so a reward that always fails does not fill the disk."""
        self.complaints += 1
        if self.complaints <= _COMPLAINTS:
            logger.error("%s %s", self.reward.name, what, exc_info=error)
        elif self.complaints.bit_count() == 1:
            logger.error("%s %s (%d such lines so far)", self.reward.name, what, self.complaints)

    def _watch(self, accepted: list[float | None]) -> None:
        """Warn when a tenth, a fifth, two fifths, ... of about the last thousand completions were left out."""
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


def by_a_signal(error: BaseException) -> bool:
    """Whether a signal handler raised it, such as a caller's SIGALRM, whose time limit applies to the whole batch."""
    handlers = (
        signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGVTALRM, signal.SIGUSR1, signal.SIGTERM)
    )
    codes = {getattr(handler, "__code__", None) for handler in handlers} - {None}
    return any(frame.f_code in codes for frame, _ in traceback.walk_tb(error.__traceback__))


def _rows(values: dict[str, list], completions: Sequence[str]) -> list[dict[str, Any]]:
    return [{name: column[i] for name, column in values.items()} for i in range(len(completions))]


def _only(values: Sequence[Any]) -> Any:
    """The value of a batch of one; None where the function returned any other number of values."""
    return values[0] if hasattr(values, "__len__") and len(values) == 1 else None


def _shown(completion: Any) -> str:
    """The end of a completion for a log, short and without control characters."""
    text = completion[0] if isinstance(completion, list) and completion else completion
    return repr(text[-_SHOWN:] if isinstance(text, str) else type(text).__name__)
