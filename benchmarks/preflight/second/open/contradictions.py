"""Flags that exclude, or need, each other."""

from benchmarks.preflight.second.base import *

KIND = "contradictions"
mistake(KIND, "contra-async-colocate", colocate(async_generate="true"), ["async_generate"], "server|async_generate false", "rlhf_args.py: async generate require vllm_mode == server")
mistake(KIND, "contra-soft-overlong-sizes", train(reward_funcs=["accuracy", "soft_overlong"], soft_cache_length=800, soft_max_length=512), ["soft_cache_length", "soft_max_length|512"], "511|below|smaller|less than|128|256", "orm.py SoftOverlong: assert soft_cache_length < soft_max_length")
mistake(KIND, "contra-deepspeed-fsdp", train(tuner_type="full", deepspeed="zero2", fsdp="fsdp2"), ["fsdp", "deepspeed"], "fsdp|deepspeed", "sft_args.py: FSDP2 is not compatible with DeepSpeed")
mistake(KIND, "contra-truncate-right", train(truncation_strategy="right"), ["truncation_strategy", "right"], "left|delete", "rlhf_args.py: GRPO requires truncation_strategy left or delete")
mistake(KIND, "contra-ref-model-lora", train(ref_model="m", beta=0.04), ["ref_model"], "ref_model|full|beta", "rlhf_args.py: `CPO/ORPO or LoRA training does not require a ref_model to be passed in`")
mistake(KIND, "contra-reasoning-parser", colocate(vllm_reasoning_parser="deepseek_r1"), ["vllm_reasoning_parser"], "vllm_reasoning_parser|leave|remove|drop", "arguments.py: vllm_reasoning_parser is not supported for GRPO")
mistake(KIND, "contra-cached-dataset", train(cached_dataset="cached"), ["cached_dataset"], "--dataset|dataset", "rlhf_args.py: cached_dataset is not supported for GRPO", files=MODEL | DATA | {"cached/": ""})
mistake(KIND, "contra-warmup-both", train(warmup_ratio=0.05, warmup_steps=10), ["warmup_ratio", "warmup_steps"], "warmup_ratio|warmup_steps", "trainers/arguments.py: cannot be set at the same time")
mistake(KIND, "contra-quant-without-bits", train(quant_method="bnb"), ["quant_bits"], "4|8", "quant_args.py: Please set the quant_bits")
mistake(KIND, "contra-bnb-3-bits", train(quant_method="bnb", quant_bits=3), ["quant_bits", "3"], "4|8", "quant_args.py: bnb not support quant_bits: 3")
mistake(KIND, "contra-two-teachers", train(teacher_model="m2", teacher_model_server="http://127.0.0.1:28499"), ["teacher_model", "teacher_model_server"], "teacher_model", "rlhf_args.py: setting both is not supported", files=MODEL | DATA | model("m2"))
mistake(KIND, "contra-teacher-fipo", train(teacher_model="m2", loss_type="fipo"), ["loss_type|fipo"], "grpo|dapo|teacher", "rlhf_args.py _check_opd_rl: OPD-RL does not support loss_type=fipo", files=MODEL | DATA | model("m2"))
mistake(KIND, "contra-rlsd-lambda", train(advantage_reweight="rlsd", rlsd_lambda=2), ["rlsd_lambda", "2"], "0.5|1|[0, 1]|between 0 and 1", "rlhf_args.py _check_rlsd: rlsd_lambda must be in [0, 1]")
mistake(KIND, "contra-rollout-pipeline", both({"vllm_pipeline_parallel_size": 2}, cards_of_server="1,2"), ["vllm_pipeline_parallel_size"], "1|vllm_tensor_parallel_size", "deploy_args.py: RolloutArguments does not support pipeline parallelism")
mistake(KIND, "contra-rollout-multi-turn-sync", both({"multi_turn_scheduler": "math_tip_trick", "max_turns": 3, "vllm_use_async_engine": "false"}), ["vllm_use_async_engine", "multi_turn"], "vllm_use_async_engine true|true", "deploy_args.py: please set vllm_use_async_engine to True with multi-turn scheduler")
mistake(KIND, "contra-full-and-4bit", train(tuner_type="full", quant_method="bnb", quant_bits=4), ["quant|4", "tuner_type|full"], "lora", "transformers trainer: quantized models cannot be fine-tuned without adapters (validate_quantization_for_training)")
