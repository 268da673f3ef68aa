"""The recipes' variables; each is tried with --dry-run, which checks and starts nothing."""

from benchmarks.preflight.second.base import *

KIND = "recipes"
TINY = "--model_type qwen2 --template qwen2_5"
SET = {"MODEL": "m", "DATASET": "data.jsonl"}


def recipe(name: str, flags: str = TINY) -> str:
    return f"bash {{ROOT}}/scripts/{name}.sh --dry-run {flags}"


mistake(KIND, "recipe-vllm-server", recipe("train_single_gpu"), ["VLLM", "server"], "colocate", "the one-card recipe knows colocate or nothing", env=SET | {"VLLM": "server"})
mistake(KIND, "recipe-device-cuda", recipe("train_single_gpu"), ["DEVICE", "cuda"], "gpu", "DEVICE is gpu or cpu", env=SET | {"DEVICE": "cuda"})
mistake(KIND, "recipe-vllm-gpus-zero", recipe("train_multi_gpu"), ["VLLM_GPUS"], "positive|1|2", "a server needs a card", env=SET | {"VLLM_GPUS": "0", "GPUS": "0,1,2,3"})
mistake(KIND, "recipe-model-and-sft", recipe("train_single_gpu"), ["MODEL", "SFT"], "one of|one|either", "both say where to begin", env=SET | {"SFT": "cold"}, files=MODEL | DATA | model("cold"))
mistake(KIND, "recipe-sft-is-lora", recipe("train_single_gpu"), ["cold", "lora"], "export.sh|merge", "GRPO begins at a model; the adapter has to be merged first", env={"DATASET": "data.jsonl", "SFT": "cold"}, files=MODEL | DATA | adapter("cold"))
mistake(KIND, "recipe-sft-without-checkpoint", recipe("train_single_gpu"), ["cold"], "checkpoint|sft_cold_start", "a run's folder in which no checkpoint was finished", env={"DATASET": "data.jsonl", "SFT": "cold"}, files=MODEL | DATA | {"cold/v0-20260101-101010/logging.jsonl": "{}\n"})
mistake(KIND, "recipe-resume-missing", recipe("train_single_gpu"), ["RESUME", "checkpoint-40"], "RESUME=auto|auto", "no such folder", env=SET | {"RESUME": "output/train_single_gpu/v0-20260101-101010/checkpoint-40"})
mistake(KIND, "recipe-qlora-cpu", recipe("train_single_gpu_qlora"), ["CUDA|4-bit|4 bit"], "train_single_gpu", "NF4 needs CUDA", env=SET | {"DEVICE": "cpu"})
mistake(KIND, "recipe-sft-no-dataset", recipe("sft_cold_start"), ["DATASET"], "DATASET=", "the cold start has no default set", env={"MODEL": "m"}, files=MODEL)
mistake(KIND, "recipe-gpus-beyond", recipe("train_multi_gpu"), ["9"], "0|7|8", "eight cards are 0 to 7", env=SET | {"GPUS": "0,1,9"}, level="warning")
mistake(KIND, "recipe-accumulation", recipe("train_multi_gpu", TINY + " --num_generations 6 --gradient_accumulation_steps 4"), ["num_generations", "6"], "6|12|2|4", "4 ranks x 1 x 4 = 16 completions, no multiple of 6", env=SET | {"GPUS": "0,1,2,3,4"})
mistake(KIND, "recipe-export-full-model", "bash {ROOT}/scripts/export.sh m --dry-run", ["m", "lora|adapter_config.json"], "no merging|adapter_config.json|needs no", "a full model has nothing to merge")
mistake(KIND, "recipe-evaluate-parallel", "bash {ROOT}/scripts/evaluate.sh --dry-run", ["PARALLEL", "pipeline"], "data|tensor", "PARALLEL is data or tensor", env=SET | {"PARALLEL": "pipeline"})
