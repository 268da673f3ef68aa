"""A question of reasoning-gym as an environment: after an answer that is not right, the model may try again."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from grpo_rewards.gym import reasoning_gym
from grpo_rewards.gym_tasks import FULL

NAME = "reasoning_gym"
AGAIN = 0.1  # the share of the score that each earlier try costs
_SCORER = ThreadPoolExecutor(1, thread_name_prefix=NAME)  # the workers answer one batch at a time


class GymQuestion:
    """One question. The row is one that `swift-grpo data prepare gym:TASK` writes.

    A trajectory pays the best of its tries: the score of the reward `reasoning_gym` (0 to 1), 0.1 of it less for each
    try before. It ends with the full score. Raises ValueError where the row cannot be scored.
    """

    def __init__(self, env_config: Mapping[str, Any]) -> None:
        self.gym = ""
        self.tries = 0
        self.best = 0.0

    async def reset(self, request: Any) -> tuple[str, dict, str]:
        self.gym = str(request.data_dict.get("gym", ""))
        return next(turn["content"] for turn in reversed(request.messages) if turn["role"] == "user"), {}, ""

    async def step(self, messages: Sequence[Mapping[str, Any]]) -> tuple[str, float, bool, dict]:
        loop = asyncio.get_running_loop()
        (score,) = await loop.run_in_executor(_SCORER, reasoning_gym, [messages[-1]["content"]], [self.gym])
        if score is None:
            raise ValueError("the row cannot be scored, or no worker is available; a line of reasoning_gym says why")
        gain = max(0.0, score * (1 - AGAIN * self.tries) - self.best)
        self.tries += 1
        self.best += gain
        return "That is not right. Try again.", gain, score >= FULL, {}

    async def close(self) -> None:
        pass
