"""Numbers out of their range."""

from benchmarks.preflight.second.base import *

KIND = "ranges"

mistake(KIND, "range-temperature-0", train(temperature=0), ["temperature"], "0.9|1.0|0.7|above 0|greater than 0", "greedy: every completion of a group is the same, each advantage is 0, and log-probabilities are divided by it")
mistake(KIND, "range-top-p-percent", colocate(top_p=95), ["top_p", "95"], "0.95|1|(0, 1]", "vLLM SamplingParams: top_p must be in (0, 1]")
mistake(KIND, "range-gpu-utilization-percent", colocate(vllm_gpu_memory_utilization=40), ["vllm_gpu_memory_utilization", "40"], "0.4|0.5|0.6|0.9|at most 1|(0, 1]", "vLLM CacheConfig: gpu_memory_utilization gt 0, le 1")
mistake(KIND, "range-lora-rank-0", train(lora_rank=0), ["lora_rank"], "8|16|at least 1|positive", "peft: `r` should be a positive integer value")
mistake(KIND, "range-beta-negative", train(beta=-0.04), ["beta", "-0.04"], "0.04|0", "a negative weight pays for leaving the reference: the loss has no bound below", level="warning")
mistake(KIND, "range-one-generation", train(num_generations=1), ["num_generations"], "2|4|8|greater than 1", "rlhf_args.py: num_generations must be greater than 1 for GRPO (no teacher here)")
mistake(KIND, "range-no-completion", colocate(max_completion_length=0), ["max_completion_length"], "512|1024|at least 1|positive", "0 is falsy in _init_max_completion_length, then max_new_tokens=0: generate raises")
mistake(KIND, "range-lr-sign-lost", train(learning_rate="1e5"), ["learning_rate", "1e5|100000|1e+05"], "1e-5|1e-6|1e-05|1e-06", "the minus sign is gone; the first step makes NaN", level="warning")
mistake(KIND, "range-top-entropy-percent", train(top_entropy_quantile=20), ["top_entropy_quantile", "20"], "0.2|1.0|at most 1|between 0 and 1|[0, 1|(0, 1", "grpo_trainer.py:959: masks only below 1.0; 20, meant as percent, masks nothing without a word", level="warning")
mistake(KIND, "range-repetition-0", colocate(repetition_penalty=0), ["repetition_penalty"], "1.0|1.05|1|positive|greater than 0|above 0", "transformers: has to be a strictly positive float; vLLM: greater than zero")
mistake(KIND, "range-lora-rank-vllm", colocate(vllm_enable_lora="true", lora_rank=24), ["lora_rank|max_lora_rank", "24"], "16|32", "colocate gives lora_rank to vLLM as max_lora_rank, a Literal[1,8,16,32,64,128,256,320,512] (vllm/config/lora.py:26)")
