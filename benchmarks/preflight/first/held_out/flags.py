"""Names of flags: typing errors, ms-swift 3, TRL, open-r1, verl. `swift` ends with `remaining_argv` (swift/pipelines/base.py:40)."""

from ..base import *  # noqa: F403

CASES = []
add = adder("flag names", CASES)
add("flag-reward-functions", "error", grpo("--reward_functions", "accuracy", "format", reward_funcs=None), "reward_functions", "reward_funcs", "no such flag; remaining_argv")
add("flag-dataset-name", "error", grpo("--dataset_name", "data.jsonl", dataset=None), "dataset_name", "--dataset|`dataset`|dataset", "TRL's and open-r1's name")
add("flag-verl-word", "error", grpo("actor_rollout_ref.rollout.n=8"), "actor_rollout_ref", "num_generations|remove|--|drop", "verl's Hydra words; remaining_argv")
