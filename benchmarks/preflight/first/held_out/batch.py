"""Batch arithmetic, training and evaluation (args_mixin.py `_init_generation_batch_params`)."""

from ..base import *  # noqa: F403

CASES = []
add = adder("batch arithmetic", CASES)
add("batch-g-eight", "error", grpo(num_generations=8), "num_generations", "gradient_accumulation_steps|per_device_train_batch_size|4|2", "args_mixin.py:229: 1 x 4 x 1 = 4 completions a step are no multiple of 8")
add("batch-eval-g", "error", grpo(val_dataset="val.jsonl", per_device_eval_batch_size=4, num_generations_eval=3), "num_generations_eval", "2|4|6|3", "args_mixin.py:235: 4 is no multiple of 3", files=F({"val.jsonl": jsonl(rows(16))}))
add("batch-eval-ranks", "error", ranks(2, val_dataset="val.jsonl", per_device_eval_batch_size=3), ["per_device_eval_batch_size|num_generations_eval|eval"], "2|4|6|3", "args_mixin.py:235: 2 x 3 = 6 is no multiple of 4", files=F({"val.jsonl": jsonl(rows(16))}))
