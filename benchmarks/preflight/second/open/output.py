"""Output, disk, reporters."""

from benchmarks.preflight.second.base import *

KIND = "output"

mistake(KIND, "report-wandb", train(report_to="wandb"), ["wandb"], "tensorboard|install|none", "not among the locked packages: WandbCallback requires wandb to be installed")
mistake(KIND, "report-swanlab", train(report_to=["tensorboard", "swanlab"]), ["swanlab"], "tensorboard|install", "not among the locked packages: _init_swanlab requires it")
mistake(KIND, "output-below-a-file", train(output_dir="data.jsonl/out"), ["data.jsonl/out|data.jsonl"], "file|other|another|folder|output_dir", "makedirs: NotADirectoryError")
mistake(
    KIND,
    "disk-full-7b",
    train(env="CUDA_VISIBLE_DEVICES=0,1,2,3,4,5,6,7 NPROC_PER_NODE=8", model="Qwen/Qwen2.5-7B-Instruct", model_type=None, template=None, tuner_type="full", deepspeed="zero3", learning_rate="1e-6", save_steps=10),
    ["disk|free|gb", "30"],
    "save_only_model|save_total_limit|gb",
    "a checkpoint of 7.6 billion parameters has 15 GB of weights and 91 GB of optimizer; 30 GB are free",
    disk_free_gb=30,
    level="warning",
    files=DATA,
)
mistake(KIND, "save-strategy-step", train(save_strategy="step"), ["save_strategy", "step"], "steps|epoch", "transformers.SaveStrategy('step') raises")
mistake(KIND, "deepspeed-file-missing", train(tuner_type="full", deepspeed="configs/ds_z3.json"), ["configs/ds_z3.json"], "zero3|zero2", "neither a file nor a preset: json_parse_to_dict takes it for JSON text")
mistake(KIND, "deepspeed-zero4", train(tuner_type="full", deepspeed="zero4"), ["deepspeed", "zero4"], "zero3|zero2", "no preset of that name, no file: json_parse_to_dict takes it for JSON text")
