"""Types and choices: what argparse or the first look at the value refuses."""

from benchmarks.preflight.second.base import *

KIND = "types and choices"

mistake(KIND, "type-generations-word", train(num_generations="four"), ["num_generations", "four"], "integer|whole number|int|4|8", "argparse: invalid int value")
mistake(KIND, "type-batch-float", train(per_device_train_batch_size="4.0"), ["per_device_train_batch_size", "4.0"], "integer|whole number|int", "argparse: int('4.0') raises")
mistake(KIND, "type-lr-comma", train(learning_rate="1e-5,"), ["learning_rate", "1e-5,"], "number|float|1e-5", "a comma from YAML left over: float() raises")
mistake(KIND, "type-bool-ture", colocate(use_vllm="ture"), ["use_vllm", "ture"], "true", "HfArgumentParser.string_to_bool: truthy value expected")
mistake(KIND, "choice-vllm-mode-async", colocate(vllm_mode="async"), ["vllm_mode", "async"], "server|colocate", "Literal['server','colocate']")
mistake(KIND, "choice-tuner-qlora", train(tuner_type="qlora"), ["tuner_type", "qlora"], "lora", "tuner.py:350 `Unknown tuner_type`; QLoRA is lora with --quant_bits 4")
mistake(KIND, "choice-scheduler", train(lr_scheduler_type="cosin"), ["lr_scheduler_type", "cosin"], "cosine", "transformers.SchedulerType('cosin') raises")
mistake(KIND, "choice-truncation-middle", train(truncation_strategy="middle"), ["truncation_strategy", "middle"], "left|delete", "Literal of TemplateArguments")
mistake(KIND, "choice-importance-level", train(importance_sampling_level="seq"), ["importance_sampling_level", "seq"], "sequence", "Literal['token','sequence','sequence_token']; a value is not abbreviated")
mistake(KIND, "choice-estimator", train(advantage_estimator="reinforce++"), ["advantage_estimator", "reinforce++"], "reinforce_plus_plus", "Literal of GRPOArgumentsMixin")
mistake(KIND, "choice-optim", train(optim="adam"), ["optim", "adam"], "adamw_torch", "transformers.OptimizerNames has no `adam`; TrainingArguments raises")
