"""The recipes' variables; each is tried with --dry-run, which checks and starts nothing."""

from benchmarks.preflight.second.base import *

KIND = "recipes"
TINY = "--model_type qwen2 --template qwen2_5"
SET = {"MODEL": "m", "DATASET": "data.jsonl"}


def recipe(name: str, flags: str = TINY) -> str:
    return f"bash {{ROOT}}/scripts/{name}.sh --dry-run {flags}"


mistake(KIND, "recipe-multi-one-card", recipe("train_multi_gpu"), ["GPUS|card"], "GPUS|train_single_gpu", "one card cannot serve and train", env=SET | {"GPUS": "0"})
mistake(KIND, "recipe-tensor-parallel", recipe("train_multi_gpu", TINY + " --vllm_tensor_parallel_size 3"), ["vllm_tensor_parallel_size", "SERVE_GPUS"], "SERVE_GPUS=3|3", "two serving cards cannot be shared out by three", env=SET | {"SERVE_GPUS": "4,5", "GPUS": "0,1,2,3,4,5"})
mistake(KIND, "recipe-config-missing", recipe("train_single_gpu"), ["my_run.yaml"], "path|exist|not there|no such|configs/train_single_gpu.yaml", "no such file", env=SET | {"CONFIG": "my_run.yaml"})
mistake(KIND, "recipe-restarts-word", recipe("train_single_gpu"), ["restarts", "twice"], "integer|2|number|range", "RESTARTS is a number", env=SET | {"RESTARTS": "twice"})
mistake(KIND, "recipe-flag-misspelt", recipe("train_multi_gpu", TINY + " --max_completion_lenght 1024"), ["max_completion_lenght"], "max_completion_length", "no such flag of swift rlhf", env=SET | {"GPUS": "0,1,2,3"})
mistake(KIND, "recipe-distill-no-model", "bash {ROOT}/scripts/distill.sh --dry-run", ["MODEL"], "MODEL=", "no teacher is named", env={"DATASET": "data.jsonl"})
