"""A small game: the model guesses a hidden number and is told whether it is higher or lower."""

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from grpo_rewards.extract import after_thought

NAME = "guess_number"
WASTED = 0.1  # what a turn costs that tells nothing new: no number in it, or one that is ruled out already
_NUMBER = re.compile(r"(?:(?<![\w.])-)?\d+(?:,\d{3})*(?:\.\d+)?", re.ASCII)


class GuessNumber:
    """One game. `env_config`: `low` and `high`, the ends of the range (both can be the number), and `number`, or a
    `seed` that draws it. All completions of a row play for the same number.

    The turn that names the number pays 1, and 0.1 less for each wasted turn before; all others pay 0, so an early end
    gains nothing. Raises ValueError for a config that does not make a game.
    """

    def __init__(self, env_config: Mapping[str, Any]) -> None:
        given = {name: env_config.get(name) for name in ("low", "high", "number", "seed")}
        wrong = [name for name, value in given.items() if type(value) not in (int, type(None))]
        low, high, number, seed = given.values()
        if wrong or low is None or high is None or (number is None and seed is None):
            raise ValueError(f"env_config of {NAME} needs whole numbers: low, high, and number or seed")
        if not low <= (low if number is None else number) <= high:
            raise ValueError(f"env_config of {NAME}: low {low}, number {number}, high {high} are not in this order")
        self.number = random.Random(seed).randint(low, high) if number is None else number
        self.low, self.high = low, high  # what the number can still be
        self.wasted = 0

    @property
    def question(self) -> str:
        return f"I think of a whole number from {self.low} to {self.high}. Guess it; I say if it is higher or lower."

    def guess(self, text: str) -> tuple[str, float, bool]:
        """The answer to a model's turn, what the turn pays, and whether the number is found.

        >>> game = GuessNumber({"low": 1, "high": 10, "number": 7})
        >>> [game.guess(text) for text in ("5?", "4", "no idea", "<think>above 5</think> 7")]
        [('Higher.', 0.0, False), ('Higher.', 0.0, False), ('That is not a whole number.', 0.0, False), ('Right.', 0.8, True)]
        """
        guess = last_number(text)
        if guess == self.number:
            return "Right.", max(0.0, 1 - WASTED * self.wasted), True
        self.wasted += guess is None or not self.low <= guess <= self.high
        if guess is None:
            return "That is not a whole number.", 0.0, False
        if guess < self.number:
            self.low = max(self.low, guess + 1)
            return "Higher.", 0.0, False
        self.high = min(self.high, guess - 1)
        return "Lower.", 0.0, False

    async def reset(self, request: Any) -> tuple[str, dict, str]:
        return self.question, {}, ""

    async def step(self, messages: Sequence[Mapping[str, Any]]) -> tuple[str, float, bool, dict]:
        return (*self.guess(messages[-1]["content"]), {})

    async def close(self) -> None:
        pass


def last_number(text: str) -> int | None:
    """The last number after the thought, None if there is none or it is not whole.

    >>> [last_number(text) for text in ("From 40-50, so 45.", "<answer>1,024</answer>", "-3", "2.5", "<think>7")]
    [45, 1024, -3, None, None]
    """
    found = _NUMBER.findall(after_thought(text))
    digits = found[-1].replace(",", "") if found else ""
    return int(digits) if digits and "." not in digits and len(digits) < 20 else None


def rows(config: Mapping[str, Any], seed: int, n: int) -> list[dict[str, Any]]:
    """`n` rows of the game. Each has a range of `size` numbers (16) somewhere in 0 to `highest` (999), so that questions
    differ; with 16 numbers, five turns are enough if each halves the range. Raises ValueError."""
    size, highest = config.get("size", 16), config.get("highest", 999)
    if config.keys() - {"size", "highest"} or type(size) is not int or type(highest) is not int:
        raise ValueError(f"--config: {NAME} has `size` and `highest`, both whole numbers")
    if not 2 <= size <= highest + 1:
        raise ValueError(f"--config: size {size} must be at least 2 and fit into 0 to {highest}")
    rng = random.Random(seed)
    made = []
    for _ in range(n):
        low = rng.randint(0, highest + 1 - size)
        game = {"name": NAME, "low": low, "high": low + size - 1, "number": rng.randrange(low, low + size)}
        question = [{"role": "user", "content": GuessNumber(game).question}]
        made.append({"messages": question, "solution": str(game["number"]), "env_config": game})
    return made
