"""Names of flags: typing errors, ms-swift 3, TRL, open-r1, verl. `swift` ends with `remaining_argv` (swift/pipelines/base.py:40)."""

from ..base import *  # noqa: F403

CASES = []
add = adder("flag names", CASES)
add("flag-num-generation", "error", grpo("--num_generation", "4", num_generations=None), "num_generation", "num_generations", "argparse: ambiguous, could match --num_generations, --num_generations_eval")
add("flag-train-type", "error", grpo("--train_type", "lora", tuner_type=None), "train_type", "tuner_type", "name of ms-swift 3; remaining_argv")
add("flag-max-prompt-length", "error", grpo("--max_prompt_length", "1024", max_length=None), "max_prompt_length", "max_length", "TRL's name; remaining_argv")
add("flag-gpu-memory-utilization", "error", colocate("--gpu_memory_utilization", "0.5", vllm_gpu_memory_utilization=None), "gpu_memory_utilization", "vllm_gpu_memory_utilization", "ms-swift 3 and vLLM; prefixed in 4")
add("flag-tensor-parallel-size", "error", served({}, "--tensor_parallel_size", "1"), "tensor_parallel_size", "vllm_tensor_parallel_size", "ms-swift 3 and vLLM; prefixed in 4")
add("flag-vllm-device", "error", colocate("--vllm_device", "cuda:0"), "vllm_device", "vllm_mode|CUDA_VISIBLE_DEVICES", "gone since ms-swift 3.5")
add("flag-num-infer-workers", "error", colocate("--num_infer_workers", "1"), "num_infer_workers", "vllm_mode|vllm_data_parallel_size|rollout|remove|drop|leave", "gone since ms-swift 3.5")
add("flag-kl-loss-coef", "error", grpo("--kl_loss_coef", "0.001"), "kl_loss_coef", "beta", "verl's name of the KL weight")
add("flag-lr", "error", grpo("--lr", "1e-6", learning_rate=None), "--lr|`lr`|lr ", "learning_rate", "argparse: ambiguous, --lr_scheduler_type and --lr_scheduler_kwargs")
add("flag-use-peft", "error", grpo("--use_peft", "true", tuner_type=None), "use_peft", "tuner_type", "TRL's and open-r1's name")
add("flag-model-name-or-path", "error", grpo("--model_name_or_path", "model", model=None), "model_name_or_path", "--model|`model`", "TRL's and LLaMA-Factory's name")
add("flag-num-epochs", "error", sft("--num_epochs", "2", num_train_epochs=None), "num_epochs", "num_train_epochs", "no such flag; remaining_argv")
add("flag-single-dash", "error", grpo("-temperature", "1.0", temperature=None), "-temperature", "--temperature", "argparse leaves a word with one dash over; remaining_argv")
add("flag-utilisation", "error", colocate("--vllm_gpu_memory_utilisation", "0.4", vllm_gpu_memory_utilization=None), "vllm_gpu_memory_utilisation", "vllm_gpu_memory_utilization", "British spelling; remaining_argv")
add("flag-rollout-server-port", "error", served({"port": None, "vllm_server_port": 18731}), "vllm_server_port", "--port|`port`|port", "the trainer's flag given to the server: RolloutArguments has none of that name")
