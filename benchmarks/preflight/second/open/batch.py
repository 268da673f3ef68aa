"""Batch arithmetic, of training and of evaluation."""

from benchmarks.preflight.second.base import *

KIND = "batch arithmetic"
FOUR = "CUDA_VISIBLE_DEVICES=0,1,2,3 NPROC_PER_NODE=4"
THREE = "CUDA_VISIBLE_DEVICES=0,1,2 NPROC_PER_NODE=3"
VAL = {"val.jsonl": jsonl(rows(16))}
mistake(KIND, "batch-default-g", train(num_generations=None), ["num_generations", "8"], "8|4|2", "G defaults to 8; 4 completions a step are no multiple")
mistake(KIND, "batch-generation-not-global", train(env=FOUR, generation_batch_size=24, num_generations=8), ["generation_batch_size", "24"], "16|32", "args_mixin.py: 24 must be divisible by the global batch size 16")
mistake(KIND, "batch-both-unequal", train(generation_batch_size=16, steps_per_generation=2), ["generation_batch_size", "steps_per_generation"], "8|4|leave|drop|remove", "args_mixin.py: must equal 4 x 1 x 2 = 8")
mistake(KIND, "batch-steps-per-generation-3", train(num_generations=8, steps_per_generation=3), ["num_generations|generation", "12"], "2|4|6|3", "4 x 1 x 3 = 12 completions, no multiple of 8")
mistake(KIND, "batch-eval-by-split", train(split_dataset_ratio=0.1), ["per_device_eval_batch_size"], "4|split_dataset_ratio|eval_strategy", "eval_strategy follows save_strategy (steps) once there is a validation set; eval batch 1 is no multiple of 4")
mistake(KIND, "batch-eval-set-too-small", train(env=FOUR, val_dataset="val.jsonl", per_device_eval_batch_size=8), ["val.jsonl|validation|eval", "3"], "8|per_device_eval_batch_size|rows", "grpo_trainer.py:126: 8 x 4 // 4 = 8 prompts fill a batch, the set has 3", files=MODEL | DATA | {"val.jsonl": jsonl(rows(3))})
mistake(
    KIND,
    "batch-fewer-rows-than-a-step",
    train(env=FOUR, per_device_train_batch_size=8, gradient_accumulation_steps=4, max_steps=None),
    ["data.jsonl|rows|prompts", "6"],
    "32|per_device_train_batch_size|gradient_accumulation_steps|rows",
    "128 completions of 32 prompts a step; 6 rows fill no batch, dataloader_drop_last: no step is made",
    files=MODEL | {"data.jsonl": jsonl(rows(6))},
)
mistake(KIND, "batch-server-three-ranks", both(cards_of_trainer="0,2,3", per_device_train_batch_size=2, num_generations=4), ["num_generations", "6"], "2|3|4", "3 x 2 = 6 completions a step, no multiple of 4")
mistake(KIND, "batch-per-device-zero", train(per_device_train_batch_size=0), ["per_device_train_batch_size"], "4|1|positive|at least 1", "no completion a step: generation batch 0, the sampler has nothing to draw")
