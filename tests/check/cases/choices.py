"""Types and choices: some refused by argparse, some only when the value is used."""

from .base import *  # noqa: F403

CASES = []
add = adder("types and choices", CASES)
add(
    "type-lr-text",
    "error",
    grpo(learning_rate="1e-5x"),
    "learning_rate",
    "1e-5|number|float",
    "argparse: invalid float value",
)
add(
    "type-generations-word",
    "error",
    grpo(num_generations="four"),
    "num_generations",
    "4|integer|int|whole",
    "argparse: invalid int value",
)
add(
    "type-generations-decimal",
    "error",
    grpo(num_generations="4.0"),
    "num_generations",
    "4|integer|int|whole",
    "argparse: int('4.0') is refused",
)
add(
    "type-use-vllm-maybe",
    "error",
    grpo("--use_vllm", "maybe"),
    "use_vllm",
    "true|false",
    "HfArgumentParser.string_to_bool: Truthy value expected",
)
add(
    "choice-vllm-mode",
    "error",
    colocate(vllm_mode="remote", sleep_level=None),
    "vllm_mode",
    "server|colocate",
    "argparse: invalid choice (args_mixin.py:170)",
)
add(
    "choice-loss-type",
    "error",
    grpo(loss_type="dappo"),
    ["loss_type", "dappo"],
    "dapo|grpo",
    "grpo_trainer.py:1134 Unknown loss type, after the first rollout",
)
add(
    "choice-loss-type-vanilla",
    "error",
    grpo(loss_type="vanilla"),
    "loss_type",
    "grpo|dapo|bnpo|dr_grpo",
    "grpo_trainer.py:1134, after the first rollout; verl's name",
)
add(
    "choice-tuner-type",
    "error",
    grpo(tuner_type="qlora"),
    "tuner_type",
    "lora",
    "pipelines/train/tuner.py:350 Unknown tuner_type, after the model is loaded",
)
add(
    "choice-scheduler",
    "error",
    grpo(lr_scheduler_type="cosin"),
    "lr_scheduler_type",
    "cosine",
    "transformers SchedulerType: not a valid value; a plain str in ms-swift's dataclass",
)
add(
    "choice-template",
    "error",
    grpo(template="qwen25"),
    "template",
    "qwen2_5|qwen",
    "template/register.py:50: not in TEMPLATE_MAPPING",
)
add(
    "choice-dtype",
    "error",
    grpo(torch_dtype="bf16"),
    "torch_dtype",
    "bfloat16",
    "argparse: invalid choice (model_args.py:74)",
)
add(
    "choice-scale-rewards",
    "error",
    grpo(scale_rewards="std"),
    "scale_rewards",
    "group|batch|none",
    "argparse: invalid choice (args_mixin.py:418)",
)
add(
    "choice-scale-rewards-bool",
    "error",
    grpo(scale_rewards="false"),
    "scale_rewards",
    "none",
    "TRL's boolean; argparse: invalid choice",
)
add(
    "choice-advantage",
    "error",
    grpo(advantage_estimator="gae"),
    "advantage_estimator",
    "grpo|rloo|reinforce",
    "argparse: invalid choice (args_mixin.py:434)",
)
add(
    "choice-save-strategy",
    "error",
    grpo(save_strategy="step"),
    "save_strategy",
    "steps",
    "transformers SaveStrategy: not a valid value",
)
add(
    "choice-eval-strategy",
    "error",
    grpo(val_dataset="data.jsonl", eval_strategy="epochs", per_device_eval_batch_size=4),
    "eval_strategy",
    "epoch",
    "transformers IntervalStrategy: not a valid value; a plain str in ms-swift's dataclass",
)
add(
    "choice-optim",
    "error",
    grpo(optim="adamw"),
    "optim",
    "adamw_torch",
    "transformers OptimizerNames: not a valid value",
)
add(
    "choice-deepspeed",
    "error",
    ranks(2, deepspeed="zero4"),
    ["deepspeed", "zero4"],
    "zero1|zero2|zero3",
    "sft_args.py _init_deepspeed: neither a name nor a file; json_repair makes an empty text of it",
)
add(
    "choice-quant-method",
    "error",
    grpo(quant_method="bitsandbytes", quant_bits=4),
    "quant_method",
    "bnb",
    "argparse: invalid choice (quant_args.py:33)",
)
add(
    "choice-quant-type",
    "error",
    grpo(quant_method="bnb", quant_bits=4, bnb_4bit_quant_type="nf8"),
    "bnb_4bit_quant_type",
    "nf4|fp4",
    "argparse: invalid choice (quant_args.py:41)",
)
add(
    "type-weights-comma",
    "error",
    grpo(reward_weights="1,0.5"),
    "reward_weights",
    "1 0.5|space|blank|separate",
    "argparse: invalid float value '1,0.5'",
)
add(
    "type-server-port",
    "error",
    served({}, vllm_server_port="http"),
    "vllm_server_port",
    "18731|integer|int|number|port",
    "argparse: invalid int value",
)
add(
    "choice-target-modules",
    "error",
    grpo(target_modules="all_linear"),
    "target_modules",
    "all-linear",
    "peft: Target modules all_linear not found in the base model; after the model is loaded",
)
add(
    "choice-multi-turn",
    "error",
    colocate(multi_turn_scheduler="math_tip", max_turns=2),
    "multi_turn_scheduler",
    "math_tip_trick",
    "rollout_mixin.py:1574: assert in multi_turns, after vLLM is loaded",
)
