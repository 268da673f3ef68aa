"""Batch arithmetic, training and evaluation (args_mixin.py `_init_generation_batch_params`)."""

from ..base import *  # noqa: F403

CASES = []
add = adder("batch arithmetic", CASES)
add("batch-two-ranks", "error", ranks(2, per_device_train_batch_size=1, gradient_accumulation_steps=1), "num_generations", "gradient_accumulation_steps|per_device_train_batch_size|2", "args_mixin.py:229: 2 x 1 x 1 = 2 are no multiple of 4")
add("batch-three-ranks", "error", ranks(3, per_device_train_batch_size=2), "num_generations", "gradient_accumulation_steps|per_device_train_batch_size|6|3", "args_mixin.py:229: 3 x 2 x 1 = 6 are no multiple of 4")
add(
    "batch-seven-ranks-default-g",
    "error",
    served({}, renv=("CUDA_VISIBLE_DEVICES=7",), tenv=("CUDA_VISIBLE_DEVICES=0,1,2,3,4,5,6", "NPROC_PER_NODE=7", "MASTER_PORT=29611"), num_generations=None, per_device_train_batch_size=1, gradient_accumulation_steps=4),
    "num_generations",
    "gradient_accumulation_steps|per_device_train_batch_size|7|14|8",
    "args_mixin.py:229: 7 x 1 x 4 = 28 are no multiple of the default 8",
)
add("batch-generation-size-global", "error", grpo(generation_batch_size=10, num_generations=2), "generation_batch_size", "8|12|multiple", "args_mixin.py:209: 10 is no multiple of the global batch 4")
add("batch-generation-size-g", "error", grpo(generation_batch_size=12, num_generations=8), ["generation_batch_size|num_generations"], "16|8|6|4|24", "args_mixin.py:229: 12 is no multiple of 8")
add("batch-generation-both", "error", grpo(generation_batch_size=16, steps_per_generation=2), ["generation_batch_size", "steps_per_generation"], "8|4|one|either|drop|remove", "args_mixin.py:216: 16 is not 4 x 1 x 2")
add("batch-steps-per-generation", "error", grpo(per_device_train_batch_size=1, gradient_accumulation_steps=4, steps_per_generation=3), ["num_generations|steps_per_generation"], "4|3|8", "args_mixin.py:229: 1 x 3 = 3 are no multiple of 4, whatever the accumulation")
add(
    "batch-few-prompts",
    "error",
    grpo(per_device_train_batch_size=8, gradient_accumulation_steps=4),
    ["data.jsonl|prompt|row|question|dataset"],
    "gradient_accumulation_steps|per_device_train_batch_size|more|larger|smaller|fewer",
    "32 / 4 = 8 prompts a step, the data set has 5: the sampler drops the incomplete batch and there is no step",
    files=F({"data.jsonl": jsonl(rows(5))}),
)
add("batch-eval-default", "error", grpo(val_dataset="val.jsonl"), ["per_device_eval_batch_size|eval"], "4|per_device_eval_batch_size|num_generations_eval", "args_mixin.py:235: the eval batch of 1 is no multiple of 4; eval_strategy follows save_strategy", files=F({"val.jsonl": jsonl(rows(16))}))
add("batch-eval-split", "error", grpo(split_dataset_ratio=0.25), ["per_device_eval_batch_size|eval"], "4|per_device_eval_batch_size|num_generations_eval|eval_strategy", "args_mixin.py:235, by the split set")
add("batch-eval-few-rows", "error", grpo(val_dataset="val.jsonl", per_device_eval_batch_size=16), ["val.jsonl|eval|validation"], "4|more|larger|8|smaller|per_device_eval_batch_size", "grpo_trainer.py:126: 2 rows are fewer than 16 / 4 = 4 prompts", files=F({"val.jsonl": jsonl(rows(2))}))
