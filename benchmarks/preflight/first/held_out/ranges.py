"""Numbers out of range."""

from ..base import *  # noqa: F403

CASES = []
add = adder("ranges", CASES)
add("range-temperature-negative", "error", grpo(temperature=-0.5), "temperature", "0.9|1.0|positive|above 0", "transformers and vLLM (sampling_params.py:659) refuse it")
add("range-top-p-zero", "error", colocate(top_p=0), "top_p", "1|above 0|(0, 1]", "vllm/sampling_params.py:671: 0 < top_p <= 1")
add("range-utilization-server", "error", served({"vllm_gpu_memory_utilization": 1.2}), "vllm_gpu_memory_utilization", "1|0.9|0.7", "vllm/config/cache.py:102: Field(gt=0, le=1)")
add("range-lora-dropout", "error", grpo(lora_dropout=1.5), "lora_dropout", "0.05|1|0", "torch.nn.Dropout: probability has to be between 0 and 1")
add("range-warmup-ratio-negative", "error", grpo(warmup_ratio=-0.1), "warmup_ratio", "0.05|0|1", "transformers training_args.py:1768: warmup_steps < 0")
add("range-epsilon", "error", grpo(epsilon=-0.2), "epsilon", "0.2|positive|0", "the clip range is empty: [1.2, 0.8]")
add("range-split-large", "error", grpo(split_dataset_ratio=5, per_device_eval_batch_size=4), "split_dataset_ratio", "0.05|0.1|1|0.01", "dataset_meta.py:131: assert 0 <= split_dataset_ratio <= 1")
