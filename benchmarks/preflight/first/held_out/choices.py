"""Types and choices: some refused by argparse, some only when the value is used."""

from ..base import *  # noqa: F403

CASES = []
add = adder("types and choices", CASES)
add("choice-model-type", "error", grpo(model_type="qwen2_7b"), "model_type", "qwen2", "model_meta.py:238: not in MODEL_MAPPING")
add("choice-rlhf-upper", "error", grpo(rlhf_type="GRPO"), "rlhf_type", "grpo", "argparse: invalid choice (rlhf_args.py:233)")
add("choice-truncation", "error", grpo(truncation_strategy="right"), "truncation_strategy", "left|delete", "rlhf_args.py:353: GRPO requires left or delete")
add("choice-is-level", "error", grpo(importance_sampling_level="seq"), "importance_sampling_level", "sequence", "argparse: invalid choice (args_mixin.py:426)")
add("choice-ris-mode", "error", colocate(rollout_importance_sampling_mode="truncate"), "rollout_importance_sampling_mode", "token_truncate|sequence_truncate", "argparse: invalid choice (args_mixin.py:478)")
