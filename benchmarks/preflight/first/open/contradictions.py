"""Flags that do not go together."""

from ..base import *  # noqa: F403

CASES = []
add = adder("contradictions", CASES)
add("contra-mode-no-vllm", "error", grpo(vllm_mode="colocate"), ["vllm_mode", "use_vllm"], "use_vllm", "rlhf_args.py:445: vllm_mode is not supported when use_vllm is false")
add(
    "contra-async-multiturn",
    "error",
    served({"multi_turn_scheduler": "math_tip_trick", "max_turns": 2}, async_generate=True, multi_turn_scheduler="math_tip_trick", max_turns=2),
    ["async_generate", "multi_turn|multi-turn"],
    "false|drop|remove|without|one of",
    "rlhf_args.py _check_grpo: async_generate is not supported with multi-turn",
)
add("contra-overlong-no-cache", "error", grpo(reward_funcs=["accuracy", "soft_overlong"]), "soft_cache_length", "soft_cache_length", "rlhf_args.py:364: assert soft_cache_length is not None")
add("contra-overlong-cache-large", "error", grpo(reward_funcs=["accuracy", "soft_overlong"], soft_max_length=512, soft_cache_length=600), "soft_cache_length", "512|smaller|below|less", "rewards/orm.py SoftOverlong: assert soft_cache_length < soft_max_length, after the model is loaded")
add("contra-padding-free", "error", grpo(padding_free=True, attn_impl="sdpa"), "padding_free", "flash_attn|flash_attention_2|attn_impl|false", "sft_args.py _check_padding_free: requires a flash attention implementation")
add("contra-fsdp-deepspeed", "error", ranks(2, fsdp="fsdp2", deepspeed="zero2", tuner_type="full", lora_rank=None, lora_alpha=None), ["fsdp", "deepspeed"], "drop|remove|one of|either|without|not both|choose|leave|only", "sft_args.py:295: FSDP2 is not compatible with DeepSpeed")
add("contra-fsdp-save-only-model", "error", ranks(2, fsdp="fsdp2", save_only_model=True), ["save_only_model"], "false|FULL_STATE_DICT", "sft_args.py:347: SHARDED_STATE_DICT is not compatible with save_only_model")
add("contra-warmup-both", "error", grpo(warmup_ratio=0.1, warmup_steps=5), ["warmup_ratio", "warmup_steps"], "one|either|drop|remove|not both", "trainers/arguments.py:231: cannot be set at the same time")
add("contra-loss-real", "error", grpo(loss_type="real"), ["loss_type", "real"], "grpo|dapo", "grpo_trainer.py:1030 at the first step: _has_teacher is true whenever no teacher is given")
add("contra-loss-fipo", "error", grpo(loss_type="fipo"), ["loss_type", "fipo"], "grpo|dapo", "grpo_trainer.py:1030 at the first step")
add("contra-sequence-mask", "error", grpo(off_policy_sequence_mask_delta=0.1), "off_policy_sequence_mask_delta", "drop|remove|leave|without|unset|rollout_importance_sampling_mode", "grpo_trainer.py:1030 at the first step")
add("contra-two-teachers", "error", grpo(reward_funcs=None, teacher_model="model", teacher_model_server="http://127.0.0.1:9999"), ["teacher_model", "teacher_model_server"], "one|either|drop|remove|not both|only", "rlhf_args.py:417: setting both is not supported")
add("contra-two-losses", "error", grpo(loss_type=["grpo", "dapo"]), "loss_type", "one|dpo|single|grpo|only", "rlhf_args.py:323: multiple loss types are only supported for DPO")
add("contra-liger-entropy", "error", grpo(use_liger_kernel=True, log_entropy=True), ["liger"], "false|log_entropy|drop|remove|install", "rlhf_args.py _check_grpo: Liger loss does not support log entropy yet")
add("contra-cached-dataset", "error", grpo(cached_dataset="cached"), "cached_dataset", "--dataset|`dataset`|dataset", "rlhf_args.py:344: cached_dataset is not supported for GRPO", files=F({"cached/dataset_info.json": "{}", "cached/state.json": "{}"}))
add("contra-lora-ref-model", "error", grpo(ref_model="model"), "ref_model", "drop|remove|leave|full|without|unset", "rlhf_args.py:299: LoRA training does not require a ref_model")
add("contra-best-strategies", "error", grpo(load_best_model_at_end=True, val_dataset="data.jsonl", per_device_eval_batch_size=4, eval_strategy="epoch", save_strategy="steps"), "load_best_model_at_end", "save_strategy|eval_strategy", "transformers training_args.py:1719: requires the save and eval strategy to match")
add("contra-fp16-bf16", "error", grpo(fp16=True, bf16=True), ["fp16", "bf16"], "one|false|not both|drop|remove|either|only", "transformers training_args.py:1753: at most one of fp16 and bf16")
add("contra-rlsd-no-reward", "error", grpo(reward_funcs=None, advantage_reweight="rlsd", teacher_model="model", beta=0), "reward_funcs", "accuracy|reward_funcs", "rlhf_args.py _check_rlsd: requires reward_funcs")
add("contra-gdpo-distill", "error", grpo(reward_funcs=None, teacher_model="model", scale_rewards="gdpo"), ["scale_rewards|gdpo"], "reward_funcs|group|none", "rlhf_args.py _check_opd_rl: scale_rewards='gdpo' requires reward_funcs")
add("contra-dynamic-distill", "error", grpo(reward_funcs=None, teacher_model="model", dynamic_sample=True), "dynamic_sample", "reward_funcs|false", "rlhf_args.py _check_opd_rl: dynamic_sample requires reward_funcs")
add("contra-reasoning-parser", "error", colocate(vllm_reasoning_parser="deepseek_r1"), "vllm_reasoning_parser", "unset|drop|remove|leave|without", "rlhf_trainers/arguments.py:108: not supported for GRPO")
add("contra-pipeline-parallel", "error", served({"vllm_pipeline_parallel_size": 2}, renv=("CUDA_VISIBLE_DEVICES=2,3",)), "vllm_pipeline_parallel_size", "1|vllm_tensor_parallel_size", "deploy_args.py:132: rollout does not support pipeline parallelism")
add("contra-multiturn-sync-engine", "error", served({"multi_turn_scheduler": "math_tip_trick", "max_turns": 2, "vllm_use_async_engine": False}, multi_turn_scheduler="math_tip_trick", max_turns=2), "vllm_use_async_engine", "true|drop|remove", "deploy_args.py:139: please set vllm_use_async_engine to True")
add("contra-context-manager", "error", served({"context_manager": "history"}), "context_manager", "multi_turn_scheduler", "deploy_args.py:171: has been removed")
add("contra-bnb-three-bits", "error", grpo(quant_method="bnb", quant_bits=3), "quant_bits", "4|8", "quant_args.py:57: bnb does not support quant_bits 3")
add("contra-full-quantised", "error", grpo(tuner_type="full", lora_rank=None, lora_alpha=None, quant_method="bnb", quant_bits=4), "quant_bits|quant_method|tuner_type", "lora|drop|remove", "transformers Trainer: cannot perform fine-tuning on purely quantized models")
add("contra-streaming-no-steps", "error", grpo(streaming=True, max_steps=None, num_train_epochs=1), "max_steps", "max_steps", "transformers Trainer: train_dataset has no length, max_steps has to be specified")
add("contra-plateau-no-eval", "error", grpo(lr_scheduler_type="reduce_lr_on_plateau"), ["reduce_lr_on_plateau|lr_scheduler_type"], "eval|val_dataset|cosine", "transformers training_args.py:1760: requires an eval strategy")
add("contra-prefetch-no-workers", "error", grpo(dataloader_num_workers=0, dataloader_prefetch_factor=2), "dataloader_prefetch_factor", "dataloader_num_workers|drop|remove", "transformers training_args.py:1772: only with workers")
add("contra-eval-no-set", "warning", grpo(eval_strategy="steps", eval_steps=5, per_device_eval_batch_size=4), "eval_strategy", "val_dataset|split_dataset_ratio", "sft_args.py: without a validation set eval_strategy becomes 'no' in silence")
add("contra-colocate-host", "error", colocate(vllm_server_host="127.0.0.1", vllm_server_port=18731), ["vllm_server_host"], "drop|remove|server|leave|without", "rlhf_args.py:498: the client connects in colocate mode too, 240 s, then ConnectionError")
add("contra-kl-no-beta", "advice", grpo(kl_in_reward=True, beta=0), "kl_in_reward", "beta|drop|remove|false", "without beta there is no KL to add: the flag has no effect")
add("contra-sleep-server", "advice", served({}, sleep_level=1), "sleep_level", "colocate|drop|remove|0", "rlhf_args.py:345: sleep_level is set to 0 in server mode")
add("contra-lora-flags-full", "advice", served({}, lora_rank=16), "lora_rank", "lora|drop|remove", "full training ignores lora_rank")
