"""Flags that exclude, or need, each other."""

from benchmarks.preflight.second.base import *

KIND = "contradictions"

mistake(KIND, "contra-mode-without-vllm", train(vllm_mode="colocate"), ["vllm_mode", "use_vllm"], "--use_vllm true|use_vllm true", "rlhf_args.py: vllm_mode is not supported when use_vllm is false")
mistake(KIND, "contra-vllm-without-mode", train(use_vllm="true", vllm_max_model_len=2048), ["vllm_mode"], "server|colocate", "rlhf_args.py: vllm_mode is required when use_vllm is true")
mistake(KIND, "contra-soft-overlong-no-cache", train(reward_funcs=["accuracy", "soft_overlong"]), ["soft_cache_length"], "soft_cache_length", "rlhf_args.py: soft_cache_length must be set when using soft overlong rewards")
mistake(KIND, "contra-fp16-bf16", train(fp16="true", bf16="true"), ["fp16", "bf16"], "fp16|bf16", "TrainingArguments: at most one of fp16 and bf16 can be True")
mistake(KIND, "contra-padding-free-sdpa", train(padding_free="true", attn_impl="sdpa"), ["padding_free", "attn_impl|flash"], "flash_attn|flash_attention_2|padding_free false", "sft_args.py _check_padding_free: requires a flash attention implementation")
mistake(KIND, "contra-liger-delta", train(use_liger_kernel="true", delta=4.0), ["use_liger_kernel|liger"], "liger|delta", "rlhf_args.py: Liger loss does not support two-sided GRPO loss (and liger-kernel has to be installed)")
mistake(KIND, "contra-best-model-no-eval", train(load_best_model_at_end="true"), ["load_best_model_at_end"], "val_dataset|split_dataset_ratio|eval_strategy|load_best_model_at_end false", "no validation set: eval_strategy becomes `no`, and TrainingArguments requires the save and eval strategy to match")
mistake(KIND, "contra-sdar-with-rlsd", train(advantage_reweight="rlsd", sdar_loss_coef=0.1), ["sdar_loss_coef", "rlsd"], "sdar_loss_coef|advantage_reweight", "rlhf_args.py _check_sdar: cannot be combined")
