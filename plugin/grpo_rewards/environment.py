"""What the environment of a multi-turn trajectory pays."""

import math
from collections.abc import Mapping
from typing import Any

from grpo_rewards.contract import register_reward


@register_reward("environment", range=(-math.inf, math.inf))
def environment(completion: str, rollout_infos: Mapping[str, Any]) -> float | None:
    """The sum of what the environment of `gym_scheduler` paid in each turn; None if the environment failed.

    In place of ms-swift's `--use_gym_env`, which does nothing where transformers generates (4.6.0), and counts a failed
    environment as 0. Raises KeyError, and so is None, for a trajectory without an environment.

    >>> environment("7", {"total_reward": 0.9, "num_turns": 3}), environment("7", {"total_reward": 0.0, "error": "…"})
    (0.9, None)
    """
    return None if rollout_infos.get("error") else rollout_infos["total_reward"]
