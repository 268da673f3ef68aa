"""Flags that do not go together: a predicate a row, what to say, how to mend it, and the line that refuses or ignores it.

Paths are below ms-swift 4.6.0 (`swift/`) unless they name another package. Braces in a message take the flag's value.
"""

import importlib.util
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from swift_grpo.check.commandline import Command
from swift_grpo.check.problem import ADVICE, ERROR, WARNING, Problem


@dataclass(frozen=True)
class Rule:
    """`holds(command)` says that the flags contradict each other."""

    holds: Callable[[Command], bool]
    what: str
    fix: str
    why: str
    severity: str = ERROR


def lacks(module: str) -> bool:
    """Whether a package is not installed; found without importing it."""
    try:
        return importlib.util.find_spec(module) is None
    except (ImportError, ValueError):
        return True


def teacher(c: Command) -> bool:
    return c.given("teacher_model", "teacher_model_server")


def rewarded(c: Command) -> bool:
    return c.given("reward_funcs", "reward_model")


def is_(flag: str, *values: str) -> Callable[[Command], bool]:
    return lambda c: c.text(flag) in values


def more(c: Command, flag: str, than: float) -> bool:
    value = c.number(flag)
    return value is not None and value > than


def loss(c: Command) -> str:
    return c.text("loss_type") or "grpo"


def evaluation(c: Command) -> str:
    return c.text("eval_strategy") or c.text("save_strategy") or "steps"


PER_SEQUENCE = ("real", "fipo")
FLASH = {"flash_attn", "flash_attention_2", "flash_attention_3", "flash_attention_4"}
RULES = (
    # ---- GRPO and vLLM
    Rule(
        lambda c: c.grpo and c.true("use_vllm") and not c.given("vllm_mode"),
        "--use_vllm true needs a mode",
        "add --vllm_mode colocate (same card) or server (with `swift rollout`)",
        "arguments/rlhf_args.py:448",
    ),
    Rule(
        lambda c: c.grpo and c.given("vllm_mode") and not c.true("use_vllm"),
        "--vllm_mode {vllm_mode} does nothing without vLLM: --use_vllm is false",
        "add --use_vllm true",
        "arguments/rlhf_args.py:445: not supported when use_vllm is false",
    ),
    Rule(
        lambda c: c.vllm == "server" and not c.given("vllm_server_host", "vllm_server_base_url"),
        "--vllm_mode server needs the server's address",
        "add --vllm_server_host and --vllm_server_port, or use scripts/train_multi_gpu.sh, which starts the server",
        "arguments/rlhf_args.py _init_rollout: assert vllm_server_host is not None",
    ),
    Rule(
        lambda c: c.vllm == "colocate" and c.given("vllm_server_host", "vllm_server_base_url"),
        "--vllm_mode colocate with --vllm_server_host would still connect to a server",
        "remove the host, or use --vllm_mode server",
        "arguments/rlhf_args.py:498: the client connects in colocate mode too, 240 s, then ConnectionError",
    ),
    Rule(
        lambda c: c.grpo and not c.true("use_vllm") and not c.given("vllm_mode") and c.given("vllm_server_host", "vllm_server_base_url"),
        "--vllm_server_host is named and --use_vllm is false: ms-swift connects, and generates with transformers",
        "add --use_vllm true --vllm_mode server, or remove the host",
        "arguments/rlhf_args.py:498",
    ),
    Rule(
        lambda c: c.grpo and c.true("async_generate") and c.given("multi_turn_scheduler"),
        "--async_generate true does not go with --multi_turn_scheduler (multi-turn)",
        "use --async_generate false, or drop the scheduler",
        "arguments/rlhf_args.py _check_grpo",
    ),
    Rule(
        lambda c: c.grpo and c.true("async_generate") and c.vllm != "server",
        "--async_generate true needs --vllm_mode server",
        "serve the rollouts (--vllm_mode server), or use --async_generate false",
        "arguments/rlhf_args.py _init_rollout: async generate require vllm_mode == server",
    ),
    Rule(
        lambda c: c.kind in {"rlhf", "rollout"} and c.given("vllm_reasoning_parser") and (c.grpo or c.kind == "rollout"),
        "--vllm_reasoning_parser is not supported for GRPO: it would take the thought out of the completion",
        "remove it (leave it unset)",
        "rlhf_trainers/arguments.py:108, arguments/deploy_args.py:135",
    ),
    Rule(
        lambda c: c.kind == "rollout" and more(c, "vllm_pipeline_parallel_size", 1),
        "--vllm_pipeline_parallel_size {vllm_pipeline_parallel_size}: a rollout server has no pipeline parallelism",
        "use 1, and --vllm_tensor_parallel_size for more cards",
        "arguments/deploy_args.py:132",
    ),
    Rule(
        lambda c: c.kind == "rollout" and c.given("multi_turn_scheduler") and c.given("vllm_use_async_engine") and not c.true("vllm_use_async_engine"),
        "--multi_turn_scheduler needs the async engine, and --vllm_use_async_engine is false",
        "use --vllm_use_async_engine true, or remove it",
        "arguments/deploy_args.py:139",
    ),
    Rule(
        lambda c: c.kind == "rollout" and c.given("context_manager"),
        "--context_manager has been removed from ms-swift",
        "write a scheduler that does it, and name it in --multi_turn_scheduler",
        "arguments/deploy_args.py:171",
    ),
    Rule(
        lambda c: c.grpo and c.given("max_turns") and not c.given("multi_turn_scheduler"),
        "--max_turns does nothing without --multi_turn_scheduler",
        "add --multi_turn_scheduler, on the server too, or remove --max_turns",
        "rlhf_trainers/rollout_mixin.py",
        WARNING,
    ),
    Rule(
        lambda c: c.vllm == "server" and more(c, "sleep_level", 0),
        "--sleep_level {sleep_level} does nothing in server mode",
        "remove it: it is for --vllm_mode colocate",
        "arguments/rlhf_args.py:345: set to 0",
        ADVICE,
    ),
    Rule(
        lambda c: c.grpo and not c.vllm and more(c, "sleep_level", 0) and not c.given("vllm_mode"),
        "--sleep_level {sleep_level} does nothing without vLLM",
        "remove it, or add --use_vllm true --vllm_mode colocate",
        "arguments/rlhf_args.py:345: set to 0",
        ADVICE,
    ),
    Rule(
        lambda c: c.vllm == "server" and (c.true("offload_model") or c.true("offload_optimizer")),
        "--offload_model and --offload_optimizer do nothing in server mode: the server has cards of its own",
        "remove them: they are for --vllm_mode colocate",
        "rlhf_trainers/rollout_mixin.py:443: colocate only",
        ADVICE,
    ),
    Rule(
        lambda c: c.grpo and c.given("structured_outputs_regex") and not c.true("use_vllm"),
        "--structured_outputs_regex does nothing without vLLM",
        "add --use_vllm true, or remove it",
        "rlhf_trainers/args_mixin.py: only effective for vllm backend",
        WARNING,
    ),
    Rule(
        lambda c: c.grpo and c.given("rollout_importance_sampling_mode") and not c.true("use_vllm"),
        "--rollout_importance_sampling_mode corrects for vLLM, and --use_vllm is false",
        "add --use_vllm true, or remove it",
        "rlhf_trainers/rollout_mixin.py: no rollout log-probabilities",
        WARNING,
    ),
    Rule(
        lambda c: c.grpo and c.given("truncation_strategy") and c.text("truncation_strategy") not in ("left", "delete"),
        "--truncation_strategy {truncation_strategy}: GRPO takes only left or delete",
        "use left (cut the prompt's beginning) or delete (leave the row out)",
        "arguments/rlhf_args.py _init_grpo",
    ),
    Rule(
        lambda c: c.vllm == "colocate" and c.true("vllm_enable_lora") and not c.lora,
        "--vllm_enable_lora does nothing with --tuner_type full",
        "remove it, or use --tuner_type lora",
        "rlhf_trainers/rollout_mixin.py:475: only for lora",
        WARNING,
    ),
    Rule(
        lambda c: c.vllm == "colocate" and c.local_ranks == 1 and more(c, "vllm_data_parallel_size", 1),
        "--vllm_data_parallel_size does nothing in colocate mode: each rank has its own engine",
        "remove it, and set NPROC_PER_NODE",
        "rlhf_trainers/rollout_mixin.py",
        WARNING,
    ),
    # ---- losses that always die in 4.6.0
    Rule(
        lambda c: c.grpo and loss(c) in PER_SEQUENCE,
        "--loss_type {loss_type} always ends at the first step in ms-swift 4.6.0, with a teacher or without",
        "use grpo, dapo, bnpo or dr_grpo",
        "rlhf_trainers/grpo_trainer.py:1030: _has_teacher is true whenever no teacher is given",
    ),
    Rule(
        lambda c: c.grpo and c.given("off_policy_sequence_mask_delta"),
        "--off_policy_sequence_mask_delta always ends at the first step in ms-swift 4.6.0",
        "remove it; --rollout_importance_sampling_mode sequence_mask is near",
        "rlhf_trainers/grpo_trainer.py:1030",
    ),
    Rule(
        lambda c: c.grpo and len(c.flags.get("loss_type", [])) > 1,
        "--loss_type {loss_type}: several losses are for DPO only",
        "give one (a single one): grpo",
        "arguments/rlhf_args.py:323",
    ),
    Rule(
        lambda c: c.grpo and c.given("loss_weights"),
        "--loss_weights is for DPO",
        "remove it; --reward_weights weighs rewards",
        "arguments/rlhf_args.py: assert rlhf_type == 'dpo'",
    ),
    # ---- rewards and advantages
    Rule(
        lambda c: c.grpo and "soft_overlong" in c.values("reward_funcs") and not c.given("soft_cache_length"),
        "the reward soft_overlong needs --soft_cache_length",
        "add --soft_cache_length, such as a fifth of --max_completion_length",
        "arguments/rlhf_args.py:364: assert soft_cache_length is not None",
    ),
    Rule(
        lambda c: (
            c.grpo
            and "soft_overlong" in c.values("reward_funcs")
            and more(c, "soft_cache_length", (c.number("soft_max_length") or c.number("max_completion_length") or math.inf) - 1)
        ),
        "--soft_cache_length {soft_cache_length} is not below the longest completion"
        " (--soft_max_length {soft_max_length}, --max_completion_length {max_completion_length})",
        "use a smaller --soft_cache_length, below that",
        "rewards/orm.py SoftOverlong: assert soft_cache_length < soft_max_length",
    ),
    Rule(
        lambda c: c.grpo and c.given("soft_cache_length", "soft_max_length") and not _overlong(c),
        "--soft_cache_length does nothing: no reward reads it",
        "add the reward soft_overlong (or dapo_overlong), or remove the flag",
        "rewards/orm.py SoftOverlong",
        ADVICE,
    ),
    Rule(
        lambda c: c.grpo and more(c, "max_completion_length", 0) and more(c, "soft_max_length", c.number("max_completion_length") or 0),
        "--soft_max_length {soft_max_length} is above --max_completion_length {max_completion_length}: no"
        " completion is that long",
        "use --soft_max_length {max_completion_length}",
        "rewards/orm.py SoftOverlong",
        WARNING,
    ),
    Rule(
        lambda c: c.grpo and c.true("kl_in_reward") and c.number("beta") == 0,
        "--kl_in_reward true has no effect with --beta 0",
        "give --beta 0.04, or remove --kl_in_reward",
        "rlhf_trainers/grpo_trainer.py: no KL without beta",
        ADVICE,
    ),
    Rule(
        lambda c: c.grpo and c.text("scale_rewards") == "gdpo" and c.true("kl_in_reward"),
        "--scale_rewards gdpo does not support --kl_in_reward true",
        "use --kl_in_reward false, or another --scale_rewards",
        "rlhf_trainers/grpo_trainer.py:2166",
    ),
    Rule(
        lambda c: c.grpo and c.text("scale_rewards") == "gdpo" and teacher(c) and not rewarded(c),
        "--scale_rewards gdpo needs rewards, and this is distillation without any",
        "add --reward_funcs, or use --scale_rewards group or none",
        "arguments/rlhf_args.py _check_opd_rl",
    ),
    Rule(
        lambda c: c.grpo and c.text("scale_rewards") == "gdpo" and len(c.values("reward_funcs")) == 1 and not c.given("reward_model"),
        "--scale_rewards gdpo with one reward is --scale_rewards group",
        "name a second reward, or use group",
        "rl_core/advantage.py",
        ADVICE,
    ),
    Rule(
        lambda c: c.grpo and c.true("dynamic_sample") and teacher(c) and not rewarded(c),
        "--dynamic_sample true needs rewards, and this is distillation without any",
        "add --reward_funcs, or use --dynamic_sample false",
        "arguments/rlhf_args.py _check_opd_rl",
    ),
    Rule(
        lambda c: c.grpo and c.true("dynamic_sample") and c.true("padding_free"),
        "--dynamic_sample true does not go with --padding_free true",
        "use --padding_free false",
        "rlhf_trainers/rollout_mixin.py:1312",
    ),
    Rule(
        lambda c: c.grpo and c.given("max_resample_times") and not c.true("dynamic_sample"),
        "--max_resample_times does nothing without --dynamic_sample true",
        "add --dynamic_sample true, or remove it",
        "rlhf_trainers/grpo_trainer.py",
        ADVICE,
    ),
    Rule(
        lambda c: c.grpo and c.given("teacher_model") and c.given("teacher_model_server"),
        "--teacher_model and --teacher_model_server are both given",
        "keep only one: remove either",
        "arguments/rlhf_args.py:417",
    ),
    Rule(
        lambda c: c.grpo and teacher(c) and c.true("use_liger_kernel"),
        "--use_liger_kernel does not go with a teacher (--teacher_model)",
        "use --use_liger_kernel false",
        "arguments/rlhf_args.py _check_teacher",
    ),
    Rule(
        lambda c: c.grpo and c.given("teacher_kl_coef") and not teacher(c),
        "--teacher_kl_coef does nothing without a teacher",
        "add --teacher_model or --teacher_model_server, or remove it",
        "rlhf_trainers/grpo_trainer.py _setup_teacher",
        ADVICE,
    ),
    Rule(
        lambda c: c.grpo and c.text("advantage_reweight") == "rlsd" and not c.given("reward_funcs"),
        "--advantage_reweight rlsd needs --reward_funcs: it uses the sign of the advantage",
        "add --reward_funcs accuracy",
        "arguments/rlhf_args.py _check_rlsd",
    ),
    Rule(
        lambda c: c.grpo and c.text("advantage_reweight") == "rlsd" and c.given("teacher_model_server"),
        "--advantage_reweight rlsd does not support --teacher_model_server",
        "use --teacher_model with a local model, or remove the server",
        "arguments/rlhf_args.py _check_rlsd",
    ),
    Rule(
        lambda c: c.grpo and c.text("advantage_reweight") == "rlsd" and c.true("use_liger_kernel"),
        "--advantage_reweight rlsd does not go with --use_liger_kernel",
        "use --use_liger_kernel false",
        "arguments/rlhf_args.py _check_rlsd",
    ),
    Rule(
        lambda c: c.grpo and c.text("advantage_reweight") == "rlsd" and c.number("beta") not in (0, None),
        "--advantage_reweight rlsd is meant without KL, and --beta is {beta}",
        "use --beta 0",
        "arguments/rlhf_args.py _check_rlsd",
        ADVICE,
    ),
    Rule(
        lambda c: c.grpo and more(c, "sdar_loss_coef", 0) and c.text("advantage_reweight") == "rlsd",
        "--sdar_loss_coef does not go with --advantage_reweight rlsd",
        "pick one: remove either",
        "arguments/rlhf_args.py _check_sdar",
    ),
    Rule(
        lambda c: c.grpo and more(c, "sdar_loss_coef", 0) and (c.true("use_liger_kernel") or c.given("teacher_model_server")),
        "--sdar_loss_coef goes neither with --use_liger_kernel nor with --teacher_model_server",
        "use --use_liger_kernel false and a local --teacher_model",
        "arguments/rlhf_args.py _check_sdar",
    ),
    Rule(
        lambda c: c.grpo and c.given("ref_model") and c.lora,
        "--ref_model with --tuner_type {tuner_type}: an adapter's reference is the model without it",
        "remove --ref_model, or use --tuner_type full",
        "arguments/rlhf_args.py:299: LoRA training does not require a ref_model",
    ),
    Rule(
        lambda c: c.grpo and not c.lora and c.given("ref_adapters"),
        "--ref_adapters with --tuner_type full has no adapter to stand for",
        "use --ref_model, or --tuner_type lora",
        "pipelines/train/rlhf.py:188",
        WARNING,
    ),
    Rule(
        lambda c: c.grpo and c.number("beta") == 0 and (c.given("ref_model") or c.true("sync_ref_model")),
        "--beta 0 has no reference model: --ref_model and --sync_ref_model do nothing",
        "give --beta 0.04, or remove them",
        "arguments/rlhf_args.py:296: ref_model is set to None",
        ADVICE,
    ),
    Rule(
        lambda c: c.grpo and c.given("epsilon_high") and loss(c) != "cispo" and c.number("epsilon_high") is not None and not more(c, "epsilon_high", (c.number("epsilon") or 0) - 1e-12),
        "--epsilon_high {epsilon_high} is below --epsilon {epsilon}",
        "use one at least as large, such as 0.28 for an epsilon of 0.2",
        "rlhf_trainers/grpo_trainer.py: clips to [1 - epsilon, 1 + epsilon_high]",
        WARNING,
    ),
    Rule(
        lambda c: c.grpo and bool(c.values("chord_sft_dataset")) and not c.given("chord_sft_per_device_train_batch_size"),
        "--chord_sft_dataset needs --chord_sft_per_device_train_batch_size",
        "add it, such as 1",
        "rlhf_trainers/grpo_trainer.py make_chord_sft_dataset: a batch of None",
    ),
    # ---- Liger
    Rule(
        lambda c: c.true("use_liger_kernel") and lacks("liger_kernel"),
        "--use_liger_kernel true, and liger-kernel is not installed",
        "pip install 'liger-kernel>=0.7.0', or use --use_liger_kernel false",
        "trainers/arguments.py:258",
    ),
    Rule(
        lambda c: c.grpo and c.true("use_liger_kernel") and bool(_no_liger(c)),
        "--use_liger_kernel true supports no {_no_liger}",
        "use --use_liger_kernel false, or remove the other",
        "arguments/rlhf_args.py _check_grpo",
    ),
    # ---- the trainer
    Rule(
        lambda c: (c.true("padding_free") or c.true("packing")) and c.text("attn_impl") not in FLASH,
        "--padding_free and --packing need flash attention, and --attn_impl is {attn_impl}",
        "add --attn_impl flash_attn (or flash_attention_2), or use --padding_free false",
        "arguments/sft_args.py _check_padding_free",
    ),
    Rule(
        lambda c: c.grpo and c.true("packing"),
        "--packing is not for GRPO: its batches are groups of completions",
        "remove it",
        "rlhf_trainers/grpo_trainer.py",
    ),
    Rule(
        lambda c: c.true("packing") and c.true("lazy_tokenize"),
        "--packing and --lazy_tokenize do not go together",
        "use --lazy_tokenize false",
        "arguments/base_args/base_args.py:166",
    ),
    Rule(
        lambda c: c.true("streaming") and c.true("lazy_tokenize"),
        "--streaming and --lazy_tokenize do not go together",
        "use --lazy_tokenize false",
        "arguments/base_args/base_args.py:168",
    ),
    Rule(
        lambda c: c.trains and (c.text("attn_impl") or "").startswith("flash") and not c.on_cpu and lacks("flash_attn") and c.text("attn_impl") in {"flash_attn", "flash_attention_2"},
        "--attn_impl {attn_impl}, and flash-attn is not installed",
        "pip install flash-attn, or use --attn_impl sdpa",
        "transformers: FlashAttention2 has been toggled on, but it cannot be used",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.given("fsdp") and c.given("deepspeed"),
        "--fsdp and --deepspeed do not go together",
        "use only one: remove either",
        "arguments/sft_args.py:295",
    ),
    Rule(
        lambda c: c.trains and c.text("fsdp") == "fsdp2" and c.true("save_only_model"),
        "--save_only_model true does not go with --fsdp fsdp2, whose state is sharded",
        "use --save_only_model false, or FULL_STATE_DICT in an fsdp configuration of your own",
        "arguments/sft_args.py:347",
    ),
    Rule(
        lambda c: c.trains and (c.number("warmup_ratio") or 0) > 0 and (c.number("warmup_steps") or 0) > 0,
        "--warmup_ratio and --warmup_steps are both given",
        "keep one: remove either",
        "trainers/arguments.py:231",
    ),
    Rule(
        lambda c: c.grpo and c.given("cached_dataset", "cached_val_dataset"),
        "--cached_dataset is not supported for GRPO",
        "name the rows in --dataset",
        "arguments/rlhf_args.py:344",
    ),
    Rule(
        lambda c: c.trains and c.true("load_best_model_at_end") and c.text("save_strategy") != "best" and evaluation(c) != (c.text("save_strategy") or "steps"),
        "--load_best_model_at_end needs --save_strategy and --eval_strategy to be the same",
        "set --eval_strategy to the --save_strategy, or --save_strategy best",
        "transformers training_args.py:1719",
    ),
    Rule(
        lambda c: (
            c.trains
            and c.true("load_best_model_at_end")
            and evaluation(c) == c.text("save_strategy") == "steps"
            and c.evaluates
            and bool(c.whole("eval_steps"))
            and bool(c.whole("save_steps"))
            and c.whole("save_steps") % c.whole("eval_steps") != 0
        ),
        "--load_best_model_at_end needs --save_steps {save_steps} to be a multiple of --eval_steps {eval_steps}",
        "set --save_steps to --eval_steps",
        "transformers training_args.py:1724",
    ),
    Rule(
        lambda c: c.trains and c.true("load_best_model_at_end") and not c.evaluates,
        "--load_best_model_at_end needs an evaluation, and there is none",
        "add --val_dataset or --split_dataset_ratio, or remove it",
        "transformers training_args.py:1719",
    ),
    Rule(
        lambda c: c.trains and c.true("fp16") and c.true("bf16"),
        "--fp16 true and --bf16 true: only one can be",
        "keep one: remove either",
        "transformers training_args.py:1753",
    ),
    Rule(
        lambda c: c.trains and ((c.true("fp16") and c.text("torch_dtype") == "bfloat16") or (c.true("bf16") and c.text("torch_dtype") == "float16")),
        "--torch_dtype {torch_dtype} contradicts --fp16 or --bf16",
        "remove --fp16 and --bf16: they follow --torch_dtype",
        "arguments/base_args/model_args.py _init_mixed_precision",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.text("lr_scheduler_type") in {"reduce_lr_on_plateau", "greedy"} and not (c.evaluates and evaluation(c) != "no"),
        "--lr_scheduler_type {lr_scheduler_type} needs an evaluation, and there is none",
        "add --val_dataset and --eval_strategy, or use cosine",
        "transformers training_args.py:1760",
    ),
    Rule(
        lambda c: c.trains and c.text("lr_scheduler_type") in {"cosine_with_min_lr", "cosine_warmup_with_min_lr"} and "min_lr" not in (c.text("lr_scheduler_kwargs") or ""),
        "--lr_scheduler_type {lr_scheduler_type} needs min_lr",
        """add --lr_scheduler_kwargs '{{"min_lr": 1e-7}}', or use cosine""",
        "transformers optimization.py: either min_lr or min_lr_rate should be set",
    ),
    Rule(
        lambda c: c.trains and c.number("dataloader_num_workers") == 0 and c.given("dataloader_prefetch_factor"),
        "--dataloader_prefetch_factor needs workers, and --dataloader_num_workers is 0",
        "use --dataloader_num_workers 1 or more, or remove --dataloader_prefetch_factor",
        "transformers training_args.py:1772",
    ),
    Rule(
        lambda c: c.trains and c.number("dataloader_num_workers") == 0 and c.given("dataloader_persistent_workers") and c.true("dataloader_persistent_workers"),
        "--dataloader_persistent_workers needs workers, and --dataloader_num_workers is 0",
        "use --dataloader_num_workers 1 or more, or remove it",
        "torch DataLoader: persistent_workers option needs num_workers > 0",
    ),
    Rule(
        lambda c: c.trains and c.true("streaming") and not more(c, "max_steps", 0),
        "--streaming true has no length: --max_steps says when the run ends",
        "add --max_steps",
        "transformers Trainer: max_steps has to be specified",
    ),
    Rule(
        lambda c: c.trains and c.given("eval_strategy") and c.text("eval_strategy") != "no" and not c.evaluates and not c.given("eval_dataset"),
        "--eval_strategy {eval_strategy} does nothing without a validation set",
        "add --val_dataset or --split_dataset_ratio 0.01, or remove it",
        "arguments/sft_args.py: eval_strategy becomes 'no' in silence",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.given("val_dataset") and (c.number("split_dataset_ratio") or 0) > 0,
        "--split_dataset_ratio does nothing where --val_dataset is given",
        "remove one of the two",
        "arguments/base_args/data_args.py: set to 0",
        ADVICE,
    ),
    Rule(
        lambda c: c.trains and c.given("save_strategy") and c.text("save_strategy") == "no",
        "--save_strategy no: nothing of the run is kept",
        "use steps or epoch",
        "transformers Trainer",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.text("save_strategy") == "best" and not c.evaluates,
        "--save_strategy best needs an evaluation: without one nothing is saved",
        "add --val_dataset, or use steps",
        "transformers Trainer",
    ),
    Rule(
        lambda c: c.trains and (c.true("save_only_model") and c.true("load_best_model_at_end") and c.given("deepspeed")),
        "--save_only_model does not go with --load_best_model_at_end and DeepSpeed",
        "use --save_only_model false",
        "transformers trainer.py: DeepSpeed cannot load the best model from weights alone",
    ),
    # ---- tuners and quantisation
    Rule(
        lambda c: c.trains and not c.lora and c.given("lora_rank", "lora_alpha", "lora_dropout"),
        "--lora_rank and its kin (--lora_alpha, --lora_dropout) do nothing with --tuner_type full",
        "use --tuner_type lora, or remove them",
        "pipelines/train/tuner.py",
        ADVICE,
    ),
    Rule(
        lambda c: c.trains and not c.lora and c.given("quant_bits", "quant_method"),
        "--tuner_type full cannot train quantised weights (--quant_method, --quant_bits)",
        "use --tuner_type lora, or remove --quant_bits",
        "transformers Trainer: cannot perform fine-tuning on purely quantized models",
    ),
    Rule(
        lambda c: c.trains and not c.lora and c.given("adapters"),
        "--adapters with --tuner_type full",
        "use --tuner_type lora, or merge the adapter first (scripts/export.sh) and name the result in --model",
        "pipelines/train/tuner.py",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.given("quant_method") and not c.given("quant_bits") and c.text("quant_method") != "fp8",
        "--quant_method {quant_method} needs --quant_bits",
        "add --quant_bits 4",
        "arguments/base_args/quant_args.py:50",
    ),
    Rule(
        lambda c: c.trains and c.given("quant_bits") and not c.given("quant_method"),
        "--quant_bits does nothing without --quant_method",
        "add --quant_method bnb",
        "arguments/base_args/quant_args.py:46",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.text("quant_method") == "bnb" and not c.on_cpu and lacks("bitsandbytes"),
        "--quant_method bnb, and bitsandbytes is not installed",
        "pip install bitsandbytes, or remove it",
        "transformers: requires bitsandbytes",
    ),
    Rule(
        lambda c: c.trains and c.given("quant_method") and c.given("deepspeed") and "zero3" in (c.text("deepspeed") or ""),
        "--quant_method {quant_method} does not go with ZeRO-3, which shards the weights",
        "use --deepspeed zero2, or no quantisation",
        "transformers: DeepSpeed ZeRO-3 is not compatible with quantized models",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.text("tuner_backend") == "unsloth" and lacks("unsloth"),
        "--tuner_backend unsloth, and unsloth is not installed",
        "pip install unsloth, or use --tuner_backend peft",
        "model/register.py load_by_unsloth",
    ),
    Rule(
        lambda c: c.trains and c.true("resume_only_model") and not c.given("resume_from_checkpoint"),
        "--resume_only_model does nothing without --resume_from_checkpoint",
        "name the checkpoint, or remove it",
        "arguments/sft_args.py",
        WARNING,
    ),
    Rule(
        lambda c: c.trains and c.true("use_dora") and c.true("vllm_enable_lora"),
        "--use_dora does not go with --vllm_enable_lora: vLLM knows no DoRA",
        "use --vllm_enable_lora false",
        "vllm/lora/peft_helper.py: does not yet support DoRA",
    ),
    Rule(
        lambda c: c.grpo and c.vllm != "" and c.true("vllm_enable_lora") and c.text("lora_bias") == "all",
        "--lora_bias all does not go with --vllm_enable_lora",
        "use --lora_bias none",
        "vllm/lora/peft_helper.py: adapter bias is not supported",
    ),
    Rule(
        lambda c: c.trains and c.true("predict_with_generate") and lacks("jieba") and not c.given("eval_metric") and not c.grpo,
        "--predict_with_generate measures with nlg, which needs jieba, and it is not installed",
        "pip install jieba, or name another --eval_metric",
        "arguments/sft_args.py _init_metric",
    ),
    Rule(
        lambda c: c.trains and c.text("eval_metric") == "nlg" and lacks("jieba"),
        "--eval_metric nlg needs jieba, which is not installed",
        "pip install jieba, or name another --eval_metric",
        "arguments/sft_args.py _init_metric",
    ),
    Rule(
        lambda c: c.trains and c.true("use_flash_ckpt") and lacks("dlrover"),
        "--use_flash_ckpt true, and dlrover is not installed",
        "pip install 'dlrover[k8s,torch]', or remove it",
        "pipelines/train/sft.py:40",
    ),
    Rule(
        lambda c: c.trains and c.given("deepspeed_autotp_size") and not c.given("deepspeed"),
        "--deepspeed_autotp_size needs --deepspeed",
        "add --deepspeed zero2, or remove it",
        "arguments/sft_args.py _init_deepspeed",
    ),
    Rule(
        lambda c: c.trains and c.given("zero_hpz_partition_size") and "zero3" not in (c.text("deepspeed") or ""),
        "--zero_hpz_partition_size is of ZeRO++: it needs --deepspeed zero3",
        "add --deepspeed zero3, or remove it",
        "arguments/sft_args.py _init_deepspeed",
    ),
    Rule(
        lambda c: c.grpo and bool(c.whole("sequence_parallel_size")) and c.ranks % c.whole("sequence_parallel_size") != 0,
        "--sequence_parallel_size {sequence_parallel_size} does not divide the ranks",
        "use 1, or as many NPROC_PER_NODE as a multiple of it",
        "sequence_parallel: world size % sp size",
    ),
    Rule(
        lambda c: c.kind == "sft" and c.given("reward_funcs", "num_generations", "rlhf_type"),
        "`swift sft` makes no rollouts: --reward_funcs and the like are of `swift rlhf`",
        "use swift rlhf --rlhf_type grpo",
        "cli/main.py",
    ),
)  # fmt: skip


def _overlong(c: Command) -> bool:
    """Whether a reward, or a plugin that is not read here, can read the soft lengths."""
    return c.given("external_plugins") or "soft_overlong" in c.values("reward_funcs")


def _no_liger(c: Command) -> list[str]:
    """The flags that Liger's loss does not support (arguments/rlhf_args.py _check_grpo)."""
    quantile = c.number("top_entropy_quantile")
    found = {
        "--delta": c.given("delta"),
        "--sequence_parallel_size": more(c, "sequence_parallel_size", 1),
        "--padding_free": c.true("padding_free"),
        "--top_entropy_quantile": quantile is not None and quantile < 1,
        "--log_entropy": c.true("log_entropy"),
        "--importance_sampling_level sequence_token": c.text("importance_sampling_level") == "sequence_token",
        "--advantage_estimator": c.text("advantage_estimator") not in ("grpo", None),
    }
    return [name for name, holds in found.items() if holds]


def check_contradictions(command: Command) -> Iterator[Problem]:
    """Every row of RULES that holds."""
    for rule in RULES:
        if rule.holds(command):
            yield Problem(f"{_filled(rule.what, command)} ({rule.why})", _filled(rule.fix, command), rule.severity)


def _filled(text: str, command: Command) -> str:
    def value(found: re.Match) -> str:
        if found[1] == "_no_liger":
            return ", ".join(_no_liger(command))
        return " ".join(command.values(found[1])) or "not set"

    return re.sub(r"\{(\w+)\}", value, text).replace("{{", "{").replace("}}", "}")
