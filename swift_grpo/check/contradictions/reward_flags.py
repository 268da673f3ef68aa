"""Flags of rewards, advantages and Liger's loss that do not go together."""

import math

from swift_grpo.check.contradictions.rule import Rule, lacks, loss, more, rewarded, teacher
from swift_grpo.check.problem import ADVICE, WARNING
from swift_grpo.formats.command_line import Command


def reads_soft_lengths(c: Command) -> bool:
    """Whether a reward, or a plugin that is not read here, can read the soft lengths."""
    return c.given("external_plugins") or "soft_overlong" in c.values("reward_funcs")


def without_liger(c: Command) -> list[str]:
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


RULES = (
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
        lambda c: c.grpo and c.given("soft_cache_length", "soft_max_length") and not reads_soft_lengths(c),
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
        "rlhf_trainers/grpo_trainer.py: clips to [1 - epsilon, 1 + epsilon_high]: good tokens gain less than bad ones lose",
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
        machine=True,
    ),
    Rule(
        lambda c: c.grpo and c.true("use_liger_kernel") and bool(without_liger(c)),
        "--use_liger_kernel true supports no {without_liger}",
        "use --use_liger_kernel false, or remove the other",
        "arguments/rlhf_args.py _check_grpo",
    ),
)  # fmt: skip
