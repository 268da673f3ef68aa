"""Output folder, disk, reporters."""

from ..base import *  # noqa: F403

CASES = []
add = adder("output, disk, reporters", CASES)
BIG = {"model": "big", "tuner_type": "full", "lora_rank": None, "lora_alpha": None}
EIGHT = {"renv": ("CUDA_VISIBLE_DEVICES=7",), "tenv": ("CUDA_VISIBLE_DEVICES=0,1,2,3,4,5,6", "NPROC_PER_NODE=7", "MASTER_PORT=29611")}
add("out-is-file", "error", grpo(output_dir="r1.txt"), ["output_dir|r1.txt"], "folder|file|another|director", "os.makedirs: FileExistsError")
add("out-below-file", "error", grpo(output_dir="data.jsonl/run"), ["output_dir|data.jsonl"], "folder|file|another|director", "os.makedirs: NotADirectoryError")
add("report-wandb", "error", grpo(report_to="wandb"), ["wandb"], "install|tensorboard|none", "transformers WandbCallback: wandb is not installed here")
add("report-swanlab", "error", grpo(report_to=["tensorboard", "swanlab"]), ["swanlab"], "install|tensorboard|none", "sft_args.py _init_swanlab: please install swanlab")
add("report-unknown", "error", grpo(report_to="tensorbord"), ["tensorbord|report_to"], "tensorboard", "transformers integration_utils.py:2675: is not supported")
add(
    "out-disk-full",
    "error",
    served({"model": "big"}, num_generations=7, per_device_train_batch_size=1, **EIGHT, **BIG, save_total_limit=3),
    ["disk|space|free"],
    "save_total_limit|save_only_model|output_dir",
    "a full 7B checkpoint with its optimizer is 106 GB, three of them are kept, 100 GB are free",
    files=F(seven_b()),
    disk=100,
)
add(
    "out-disk-no-limit",
    "warning",
    grpo(model="big", save_only_model=False, save_total_limit=None, save_steps=1, max_steps=2000, lora_rank=64),
    ["save_total_limit|disk|space"],
    "save_total_limit",
    "2000 checkpoints of an adapter of rank 64 with its optimizer (about 2 GB each), 500 GB are free",
    files=F(seven_b()),
    disk=500,
)
add("out-saves-nothing", "warning", grpo(save_strategy="no"), "save_strategy", "steps|epoch", "nothing of the run is kept")
add("report-nlg", "error", sft(split_dataset_ratio=0.1, predict_with_generate=True), ["jieba|nlg|predict_with_generate"], "install|jieba|eval_metric", "sft_args.py _init_metric: eval_metric nlg requires jieba, which is not installed here")
