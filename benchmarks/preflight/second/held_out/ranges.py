"""Numbers out of their range."""

from benchmarks.preflight.second.base import *

KIND = "ranges"
mistake(KIND, "range-lora-dropout", train(lora_dropout=5), ["lora_dropout", "5"], "0.05|0.1|below 1|less than 1|between 0 and 1|[0, 1", "torch Dropout: probability has to be between 0 and 1")
mistake(KIND, "range-warmup-ratio-percent", train(warmup_ratio=5), ["warmup_ratio", "5"], "0.05|warmup_steps|below 1|less than 1", "trainers/arguments.py: warmup_ratio must be less than 1")
mistake(KIND, "range-logging-steps-0", train(logging_steps=0), ["logging_steps"], "1|5|positive", "TrainingArguments: logging strategy steps requires non-zero --logging_steps")
mistake(KIND, "range-accumulation-0", train(gradient_accumulation_steps=0), ["gradient_accumulation_steps"], "1|4|at least 1|positive", "steps_per_generation becomes 0: must be > 0")
mistake(KIND, "range-split-percent", train(split_dataset_ratio=5, per_device_eval_batch_size=4), ["split_dataset_ratio", "5"], "0.05|0.01|below 1|less than 1|between 0 and 1|[0, 1", "a share; loader asks for 5 times the rows: train_test_split raises")
mistake(KIND, "range-workers-negative", train(dataloader_num_workers=-1), ["dataloader_num_workers", "-1"], "0|1|4", "torch DataLoader: num_workers option should be non-negative")
