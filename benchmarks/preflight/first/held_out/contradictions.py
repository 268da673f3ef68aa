"""Flags that do not go together."""

from ..base import *  # noqa: F403

CASES = []
add = adder("contradictions", CASES)
add("contra-vllm-no-mode", "error", colocate(vllm_mode=None, sleep_level=None), "vllm_mode", "colocate|server", "rlhf_args.py:448: vllm_mode is required when use_vllm is true")
add("contra-server-no-host", "error", served({}, vllm_server_host=None), "vllm_server_host", "127.0.0.1|vllm_server_host|vllm_server_base_url", "rlhf_args.py:453: bare assert")
add("contra-async-colocate", "error", colocate(async_generate=True, sleep_level=None), "async_generate", "server|false", "rlhf_args.py:456: assert vllm_mode == 'server'")
add("contra-packing-lazy", "error", sft(packing=True, attn_impl="flash_attention_2", lazy_tokenize=True), ["packing", "lazy_tokenize"], "false|drop|remove|one of", "base_args.py _init_lazy_tokenize: incompatible")
add("contra-rlsd-sdar", "error", grpo(advantage_reweight="rlsd", sdar_loss_coef=0.1, beta=0), ["sdar_loss_coef", "rlsd|advantage_reweight"], "one|0|drop|remove|either", "rlhf_args.py _check_sdar: cannot be combined")
add("contra-bnb-no-bits", "error", grpo(quant_method="bnb"), "quant_bits", "4|8", "quant_args.py:49: please set the quant_bits")
