"""Are these flags that the installed ms-swift knows?"""

import difflib
from typing import Any

from swift_grpo.check.problem import Problem

SERVER_MODE = "rollouts are served by `swift rollout` on its own card; see scripts/train_multi_gpu.sh"
# flag of ms-swift 3 -> what to write in ms-swift 4
RENAMED = {
    "train_type": "--tuner_type",
    "sft_type": "--tuner_type",
    "max_prompt_length": "--max_length",
    "tensor_parallel_size": "--vllm_tensor_parallel_size",
    "pipeline_parallel_size": "--vllm_pipeline_parallel_size",
    "data_parallel_size": "--vllm_data_parallel_size",
    "gpu_memory_utilization": "--vllm_gpu_memory_utilization",
    "max_model_len": "--vllm_max_model_len",
    "enforce_eager": "--vllm_enforce_eager",
    "limit_mm_per_prompt": "--vllm_limit_mm_per_prompt",
    "enable_prefix_caching": "--vllm_enable_prefix_caching",
    "max_num_seqs": "--vllm_max_num_seqs",
}
GONE = {
    "vllm_device": f"use --vllm_mode server or colocate: {SERVER_MODE}",
    "num_infer_workers": f"use --vllm_mode server or colocate: {SERVER_MODE}",
    "use_lmdeploy": "ms-swift 4 generates with transformers or vLLM (--use_vllm true)",
    "lmdeploy_device": "ms-swift 4 generates with transformers or vLLM (--use_vllm true)",
    "ds3_gather_for_generation": "remove it; see --move_model_batches for ZeRO-3",
    "mini_batch_size": "remove it; the batch is --per_device_train_batch_size x --gradient_accumulation_steps",
}


def check_flags(command: str, flags: dict[str, list[str]], known: dict[str, Any]) -> list[Problem]:
    """Unknown and renamed flags, and values that ms-swift's parser would refuse."""
    specs = known["flags"].get(command, {})
    problems = []
    for name, values in flags.items():
        if name in specs:
            problems += _check_value(name, values, specs[name])
        elif name in RENAMED:
            problems.append(Problem(f"--{name} is a flag of ms-swift 3", f"in ms-swift 4 write {RENAMED[name]}"))
        elif name in GONE:
            problems.append(Problem(f"--{name} is a flag of ms-swift 3", GONE[name]))
        else:
            near = difflib.get_close_matches(name, specs, n=1)
            hint = f"did you mean --{near[0]}?" if near else f"`swift {command} --help` lists them all"
            problems.append(Problem(f"--{name} is no flag of `swift {command}`", hint))
    return problems


def _check_value(name: str, values: list[str], spec: dict[str, Any]) -> list[Problem]:
    convert = {"int": int, "float": float}.get(spec["type"])
    for value in values:
        if spec["choices"] and value not in spec["choices"]:
            return [Problem(f"--{name} {value} is no choice", f"use one of {', '.join(spec['choices'])}")]
        try:
            if convert and value != "None":
                convert(value)
        except ValueError:
            return [Problem(f"--{name} {value} is no number", f"--{name} takes {spec['type']}")]
    return []
