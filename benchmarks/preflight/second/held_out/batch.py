"""Batch arithmetic, of training and of evaluation."""

from benchmarks.preflight.second.base import *

KIND = "batch arithmetic"
FOUR = "CUDA_VISIBLE_DEVICES=0,1,2,3 NPROC_PER_NODE=4"
THREE = "CUDA_VISIBLE_DEVICES=0,1,2 NPROC_PER_NODE=3"
VAL = {"val.jsonl": jsonl(rows(16))}

mistake(KIND, "batch-g8-of-2", train(num_generations=8, per_device_train_batch_size=2), ["num_generations", "8"], "4|8|2", "1 x 2 x 1 = 2 completions a step, no multiple of G = 8")
mistake(KIND, "batch-three-cards", train(env=THREE, num_generations=8, per_device_train_batch_size=3, gradient_accumulation_steps=2), ["num_generations", "18"], "6|9|3|8|4", "3 x 3 x 2 = 18 completions a step are no multiple of 8")
mistake(KIND, "batch-eval-default-1", train(val_dataset="val.jsonl", eval_strategy="steps", eval_steps=10), ["per_device_eval_batch_size"], "4", "eval batch 1 x 1 card is no multiple of G = 4", files=MODEL | DATA | VAL)
mistake(KIND, "batch-eval-generations", train(val_dataset="val.jsonl", per_device_eval_batch_size=4, num_generations_eval=3), ["num_generations_eval", "3"], "1|2|4|6", "args_mixin.py: 1 x 4 is no multiple of num_generations_eval = 3", files=MODEL | DATA | VAL)
