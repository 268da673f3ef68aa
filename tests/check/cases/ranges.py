"""Numbers out of range."""

from .base import *  # noqa: F403

CASES = []
add = adder("ranges", CASES)
add(
    "range-g-one",
    "error",
    grpo(num_generations=1),
    "num_generations",
    "2|greater than 1|at least",
    "rlhf_args.py:409: must be greater than 1 for GRPO",
)
add(
    "range-g-negative",
    "error",
    grpo(num_generations=-4),
    "num_generations",
    "4|positive|at least|2",
    "no group can be formed; the sampler repeats nothing",
)
add(
    "range-g-zero",
    "error",
    grpo(num_generations=0),
    "num_generations",
    "4|positive|at least|2",
    "the sampler repeats nothing and the batch is divided by zero",
)
add(
    "range-lr-negative",
    "error",
    grpo(learning_rate="-1e-5"),
    "learning_rate",
    "1e-5|positive|above 0|> 0|greater",
    "torch.optim: Invalid learning rate",
)
add(
    "range-lr-zero",
    "warning",
    grpo(learning_rate=0),
    "learning_rate",
    "1e-5|1e-6|positive|above 0|> 0|greater",
    "nothing is learned",
)
add(
    "range-lr-one",
    "warning",
    grpo(learning_rate=1),
    "learning_rate",
    "1e-5|1e-6|smaller|below",
    "an exponent forgotten: the run diverges at the first step",
)
add(
    "range-temperature-zero",
    "error",
    grpo(temperature=0),
    "temperature",
    "0.9|1.0|1|above 0|positive",
    "greedy: all completions of a group are the same, no advantage, nothing learned",
)
add(
    "range-temperature-three",
    "error",
    colocate(temperature=3),
    "temperature",
    "2|1",
    "vllm/sampling_params.py:665: above 2.0",
)
add("range-top-p-large", "error", colocate(top_p=1.5), "top_p", "1|0.95", "vllm/sampling_params.py:671: 0 < top_p <= 1")
add("range-top-k", "error", colocate(top_k=-5), "top_k", "-1|0|50", "vllm/sampling_params.py:678: top_k < -1")
add("range-min-p", "error", colocate(min_p=1.2), "min_p", "1|0", "vllm/sampling_params.py:686: min_p in [0, 1]")
add(
    "range-repetition-penalty",
    "error",
    colocate(repetition_penalty=0),
    "repetition_penalty",
    "1|positive|above 0",
    "vllm/sampling_params.py:648: must be above 0",
)
add(
    "range-completion-zero",
    "error",
    grpo(max_completion_length=0),
    "max_completion_length",
    "512|positive|at least|1",
    "no token may be generated",
)
add(
    "range-completion-negative",
    "error",
    colocate(max_completion_length=-1),
    "max_completion_length",
    "512|positive|at least|1",
    "vllm/sampling_params.py:688: max_tokens < 1",
)
add(
    "range-max-length-zero",
    "error",
    grpo(max_length=0),
    "max_length",
    "1024|positive|at least|1",
    "every prompt is longer than 0 tokens and cut to nothing",
)
add(
    "range-utilization-percent",
    "error",
    colocate(vllm_gpu_memory_utilization=40),
    "vllm_gpu_memory_utilization",
    "0.4|1",
    "vllm/config/cache.py:102: Field(gt=0, le=1)",
)
add(
    "range-utilization-zero",
    "error",
    served({"vllm_gpu_memory_utilization": 0}),
    "vllm_gpu_memory_utilization",
    "0.7|0.9|above 0|positive|(0, 1]|0 <",
    "vllm/config/cache.py:102: Field(gt=0, le=1)",
)
add(
    "range-lora-rank-zero",
    "error",
    grpo(lora_rank=0),
    "lora_rank",
    "8|positive|at least|1",
    "peft/tuners/lora/layer.py:235: r should be a positive integer",
)
add(
    "range-lora-alpha-zero",
    "error",
    grpo(lora_alpha=0),
    "lora_alpha",
    "32|positive|above 0|16",
    "the adapter is scaled by alpha / rank = 0: it has neither effect nor gradient",
)
add(
    "range-warmup-ratio-large",
    "error",
    grpo(warmup_ratio=1.5),
    "warmup_ratio",
    "warmup_steps|1|0.05",
    "trainers/arguments.py:234: must be less than 1",
)
add(
    "range-logging-zero",
    "error",
    grpo(logging_steps=0),
    "logging_steps",
    "1|non-zero|positive|at least",
    "transformers training_args.py:1701: requires non-zero --logging_steps",
)
add(
    "range-entropy-quantile",
    "error",
    grpo(top_entropy_quantile=-0.2),
    "top_entropy_quantile",
    "0.2|[0, 1]|0 to 1|between 0",
    "grpo_trainer.py:960: torch.nanquantile at 1.2 is refused, after the first rollout",
)
add(
    "range-split-one",
    "error",
    grpo(split_dataset_ratio=1.0, per_device_eval_batch_size=4),
    "split_dataset_ratio",
    "0.1|0.01|below 1|less than 1|smaller",
    "dataset_meta.py:154: the training set is None",
)
add(
    "range-adam-beta2",
    "error",
    grpo(adam_beta2=1.5),
    "adam_beta2",
    "0.95|0.999|1",
    "torch.optim: Invalid beta parameter at index 1",
)
add("range-seed", "error", grpo(seed=-1), "seed", "42|0", "numpy: Seed must be between 0 and 2**32 - 1")
add(
    "range-num-proc",
    "error",
    grpo(dataset_num_proc=0),
    "dataset_num_proc",
    "1|4|positive",
    "datasets: num_proc must be > 0",
)
add(
    "range-workers",
    "error",
    grpo(dataloader_num_workers=-1),
    "dataloader_num_workers",
    "0|1|4",
    "torch DataLoader: num_workers option should be non-negative",
)
add(
    "range-port",
    "error",
    served({}, vllm_server_port=180731),
    "vllm_server_port",
    "65535|18731",
    "no TCP port; 240 s until the trainer gives up",
)
add(
    "range-rlsd-lambda",
    "error",
    grpo(advantage_reweight="rlsd", rlsd_lambda=1.5, beta=0),
    "rlsd_lambda",
    "0.5|1|[0, 1]",
    "rlhf_args.py _check_rlsd: must be in [0, 1]",
)
add(
    "range-batch-zero",
    "error",
    grpo(per_device_train_batch_size=0),
    "per_device_train_batch_size",
    "4|positive|at least|1",
    "division by zero in the batch arithmetic",
)
add(
    "range-batch-accumulation-zero",
    "error",
    grpo(gradient_accumulation_steps=0),
    "gradient_accumulation_steps",
    "1|positive|at least",
    "args_mixin.py:221: steps_per_generation must be > 0",
)
