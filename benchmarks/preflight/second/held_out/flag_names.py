"""Names: misspelt, another library's, an older version's. ms-swift raises on what its parser leaves over (`remaining_argv`)."""

from benchmarks.preflight.second.base import *

KIND = "flag names"
mistake(KIND, "name-v3-vllm-device", colocate(vllm_device="cuda:0"), "vllm_device", "vllm_mode|CUDA_VISIBLE_DEVICES", "ms-swift 3; gone in 4")
mistake(KIND, "name-v3-limit-mm", colocate(limit_mm_per_prompt='{"image": 2}'), "limit_mm_per_prompt", "vllm_limit_mm_per_prompt", "ms-swift 3; prefixed in 4")
mistake(KIND, "name-unsloth-load-4bit", train(load_in_4bit="true"), "load_in_4bit", "quant_bits|quant_method", "unsloth's and TRL's; here --quant_method bnb --quant_bits 4")
mistake(KIND, "name-ambiguous-prefix", train(num_generations=None, num_gen=4), "num_gen", "num_generations", "argparse: `ambiguous option: --num_gen could match --num_generations, --num_generations_eval`; exit 2")
mistake(KIND, "name-rollout-takes-no-batch", both({"per_device_train_batch_size": 4}), "per_device_train_batch_size", "swift rlhf|trainer|rollout", "a flag of the trainer given to `swift rollout`, whose RolloutArguments have none")
