"""Keeps a run alive whose rewards all return None for a sample, where the server has the scheduler.

ms-swift 4.6.0 then writes a warning with all that the rewards were given for the first such sample, and takes element i
of each (`compute_rewards_per_func`). `trajectory_inputs`, which only a scheduler on the server adds, is a dict by
request: the run ends with `KeyError: tensor(4)`.
"""

import functools
from typing import Any


class ByRequest(dict):
    """The turns of each request; None for anything else."""

    def __missing__(self, key: Any) -> None:
        return None


def install() -> None:
    """From now on; later calls do nothing. Called when a reward is built, before the first step."""
    from swift.rlhf_trainers.grpo_trainer import GRPOTrainer

    inputs = GRPOTrainer._get_trajectory_inputs
    if hasattr(inputs, "__wrapped__"):
        return

    @functools.wraps(inputs)
    def by_request(self: Any, samples: list) -> ByRequest:
        return ByRequest(inputs(self, samples))

    GRPOTrainer._get_trajectory_inputs = by_request
