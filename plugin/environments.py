"""Environments for ms-swift's `gym_scheduler`, and that scheduler with environments that are closed at every end.

    swift rollout --external_plugins plugin/weight_sync.py plugin/environments.py ...
    swift rlhf --external_plugins plugin/plugin.py plugin/environments.py --multi_turn_scheduler gym_scheduler ...

docs/environments.md has the rows, the rewards, and how to write an environment.
"""

import asyncio
import logging
import math
from collections import Counter
from copy import deepcopy
from typing import Any

from grpo_environments.guess_number import NAME as GUESS_NUMBER
from grpo_environments.guess_number import GuessNumber
from grpo_environments.gym_question import NAME as GYM_QUESTION
from grpo_environments.gym_question import GymQuestion
from grpo_tools.trajectory import ROOM, window
from swift.rollout.gym_env import envs
from swift.rollout.multi_turn import GYMScheduler, multi_turns

logger = logging.getLogger("grpo_environments")
SECONDS = 300.0  # for one reset, step or close
_failures: Counter[str] = Counter()  # by environment


class GymScheduler(GYMScheduler):
    """As ms-swift's, but an environment is closed however its trajectory ends, and its failure ends this trajectory only.

    ms-swift 4.6.0 closes it where it is done, and never learns that `max_turns` stopped a trajectory. `rollout_infos` has
    `total_reward`, `step_rewards`, `gym_done`, `stopped_by` ("done", "error", "length", "max_turns", "context"; None before
    the end) and, after a failure, `error`; the rewards are those until then.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._errors: dict[str, str] = {}

    async def run(self, infer_request, request_config, **kwargs):
        """On the server: also closes where the engine raises or the request is cancelled."""
        try:
            return await super().run(infer_request, request_config, **kwargs)
        finally:
            await self._close_and_remove(infer_request.uuid)

    async def on_trajectory_start(self, requests) -> None:
        await asyncio.gather(*map(self._begin, requests))

    async def _begin(self, request) -> None:
        uuid, row = request.uuid, request.data_dict or {}
        await self._close_and_remove(uuid)
        self._step_rewards[uuid] = []
        try:
            config = {"name": self.gym_env_name or (GYM_QUESTION if row.get("gym") else None)}
            config |= {name: value for name, value in (row.get("env_config") or {}).items() if value is not None}
            environment = self._envs[uuid] = self._create_env(config)
            observation, _, system = await asyncio.wait_for(environment.reset(request), SECONDS)
            turns = [turn for turn in request.messages[:1] if turn["role"] == "system"]
            turns = [{"role": "system", "content": _text(system)}] if system else turns
            turns.append({"role": "user", "content": _text(observation)})
            if self._is_full([turn["content"] for turn in turns], 1):
                raise ValueError("the question does not fit into the context")
            request.messages = turns
        except Exception as error:  # the first generation cannot be stopped; the trajectory ends after it
            self._errors[uuid] = _complain("reset", self._envs.get(uuid), error)

    async def on_turn_end(self, infer_request, response_choice, current_turn: int) -> dict[str, Any]:
        uuid, observation, done = infer_request.uuid, "", False
        if uuid not in self._errors:
            environment = self._envs.get(uuid)
            try:
                played = environment.step(deepcopy(infer_request.messages))
                observation, reward, done, _ = await asyncio.wait_for(played, SECONDS)
                done, observation = bool(done), "" if done else _text(observation)
                self._step_rewards[uuid].append(_finite(reward))
            except Exception as error:
                self._errors[uuid] = _complain("step", environment, error)
        failure = self._errors.get(uuid)
        texts = [observation, *(turn["content"] for turn in infer_request.messages)]
        stopped_by = (
            ("error" if failure else None)
            or ("done" if done else None)
            or ("length" if response_choice.finish_reason == "length" else None)
            or ("max_turns" if self.max_turns and current_turn >= self.max_turns else None)
            or ("context" if self._is_full(texts, len(response_choice.token_ids or [])) else None)
        )
        rewards = self._step_rewards.get(uuid, [])
        infos = {"total_reward": math.fsum(rewards), "step_rewards": list(rewards), "gym_done": done}
        infos |= {"stopped_by": stopped_by} | ({"error": failure} if failure else {})
        self._pending_obs[uuid] = observation
        if stopped_by:
            await self._close_and_remove(uuid)
        return {"done": bool(stopped_by), "rollout_infos": infos}

    async def _close_and_remove(self, uuid: str) -> None:
        environment = self._envs.pop(uuid, None)
        for state in (self._step_rewards, self._pending_obs, self._errors):
            state.pop(uuid, None)
        if environment is not None:
            try:
                await asyncio.wait_for(environment.close(), SECONDS)
            except Exception as error:
                _complain("close", environment, error)

    def _is_full(self, texts, room: int) -> bool:
        """Whether `room` tokens more would not fit behind these turns. A prompt that is too long would end the run."""
        limit = window(self)
        if self.tokenizer is None or limit is None:
            return False
        used = sum(ROOM + len(self.tokenizer.encode(text)) for text in texts if isinstance(text, str))
        return used + room > limit


def _text(value: Any) -> str:
    """What an environment says. Raises where it is not text in UTF-8, for which template or server would end the run."""
    if not isinstance(value, str):
        raise TypeError(f"an observation must be text, not {type(value).__name__}")
    value.encode()
    return value


def _finite(reward: Any) -> float:
    """A reward. Raises ValueError where it is not a number; the server cannot send nan, and would end the run."""
    if not math.isfinite(number := float(reward)):
        raise ValueError(f"a reward must be a finite number, not {number}")
    return number


def _complain(where: str, environment: Any, error: Exception) -> str:
    """Log the first of each place, then the 2nd, 4th, 8th, …; returns the line."""
    where = f"{type(environment).__name__}.{where}" if environment else where
    line = f"{where}: {type(error).__name__}: {error}"[:300].encode(errors="backslashreplace").decode()
    _failures[where] += 1
    if _failures[where].bit_count() == 1:
        logger.warning("%r (%d so far)", line, _failures[where])
    return line


envs |= {GUESS_NUMBER: GuessNumber, GYM_QUESTION: GymQuestion}
multi_turns["gym_scheduler"] = GymScheduler
