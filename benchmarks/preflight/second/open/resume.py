"""Going on from a checkpoint."""

from benchmarks.preflight.second.base import *

KIND = "resume"
AT = "out/v0-20260101-101010/checkpoint-10"
QV = {"target_modules": ["q_proj", "v_proj"]}


def resumed(path: str = AT, **changes) -> list[str]:
    return train(**(QV | {"resume_from_checkpoint": path} | changes))


HERE = MODEL | DATA
mistake(KIND, "resume-no-optimizer", resumed(), ["optimizer"], "resume_only_model|optimizer|save_only_model", "saved with --save_only_model true: moments and schedule begin anew without a word", level="warning", files=HERE | checkpoint(without=("optimizer.pt", "scheduler.pt")))
mistake(KIND, "resume-run-folder", resumed("out/v0-20260101-101010"), ["v0-20260101-101010"], "checkpoint-10", "transformers: can't find a valid checkpoint in the run's folder", files=HERE | checkpoint())
mistake(KIND, "resume-finished", resumed(), ["max_steps", "20"], "max_steps|larger|more|further|raise|--num_train_epochs", "step 20 of 20: nothing is left to train", level="warning", files=HERE | checkpoint(AT, step=20))
mistake(
    KIND,
    "resume-torn",
    resumed(),
    ["adapter_model.safetensors|checkpoint-10"],
    "checkpoint-5|last|earlier|another|older|torn|cut|incomplete|shorter",
    "the disk was full while it was written: the file ends before its last tensor",
    files=HERE | checkpoint() | {f"{AT}/adapter_model.safetensors": checkpoint()[f"{AT}/adapter_model.safetensors"][:2000]} | checkpoint("out/v0-20260101-101010/checkpoint-5", step=5),
)
mistake(KIND, "resume-lora-as-full", resumed(tuner_type="full", target_modules=None, learning_rate="1e-6"), ["tuner_type|full", "lora|adapter"], "lora", "a LoRA's checkpoint for a run of all parameters: it has no model weights", files=HERE | checkpoint())
mistake(KIND, "resume-full-as-lora", resumed(), ["lora", "full|adapter"], "full|tuner_type", "a full checkpoint for a LoRA: tuner.from_pretrained finds no adapter_config.json", files=HERE | checkpoint(lora=False))
mistake(KIND, "resume-other-rank-of-lora", resumed(lora_rank=32), ["lora_rank", "32"], "8", "the adapter is loaded with its own rank 8; --lora_rank 32 is ignored without a word", level="warning", files=HERE | checkpoint())
mistake(
    KIND,
    "resume-zero-other-ranks",
    train(env="CUDA_VISIBLE_DEVICES=0,1 NPROC_PER_NODE=2", tuner_type="full", deepspeed="zero2", learning_rate="1e-6", resume_from_checkpoint=AT),
    ["4", "2"],
    "4|NPROC_PER_NODE|resume_only_model",
    "DeepSpeed: ZeRO's optimizer state of 4 ranks cannot be loaded by 2",
    files=HERE
    | checkpoint(lora=False, ranks=4, without=("optimizer.pt",), deepspeed="zero2")
    | {f"{AT}/latest": "global_step10"}
    | {f"{AT}/global_step10/bf16_zero_pp_rank_{n}_mp_rank_00_optim_states.pt": checkpoint()[f"{AT}/optimizer.pt"] for n in range(4)}
    | {f"{AT}/global_step10/mp_rank_00_model_states.pt": checkpoint()[f"{AT}/optimizer.pt"]},
)
mistake(KIND, "resume-other-batch", resumed(per_device_train_batch_size=8), ["per_device_train_batch_size|batch", "4"], "4", "the data to skip is counted in other batches: rows are seen twice or never (transformers warns: batch size differs from the saved state's)", level="warning", files=HERE | checkpoint())
