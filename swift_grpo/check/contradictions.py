"""Flags that do not go together: each rule has a predicate, and the line that refuses or ignores what it finds.

Paths are below ms-swift 4.6.0 (`swift/`) unless they name another package. Braces in a message take the flag's value.
"""

import math
from collections.abc import Iterator

from swift_grpo.check.estimate import zero_stage
from swift_grpo.check.problem import ADVICE, ERROR, WARNING, Problem
from swift_grpo.check.rule import RULES, Rule, lacks, rules
from swift_grpo.formats.command_line import Command

PER_SEQUENCE = ("real", "fipo")
# tokens in 600 s at 30 a second, what a 7B model gives each of many requests on a card (assumed)
SLOW_ROLLOUT = 600 * 30
GRPO_ONLY = "reward_funcs reward_weights num_generations multi_turn_scheduler scale_rewards dynamic_sample".split()
FLASH = {"flash_attn", "flash_attention_2", "flash_attention_3", "flash_attention_4"}
EVERY = ("logging_steps", "save_steps", "eval_steps")


def check_contradictions(command: Command) -> Iterator[Problem]:
    """Every rule below that holds."""
    for rule in RULES.values():
        if rule.when and rule.when(command):
            yield rule.problem(Values(command))


class Values(dict):
    """What a message says of a flag by its name: its values."""

    def __init__(self, command: Command) -> None:
        super().__init__()
        self.command = command

    def __missing__(self, name: str) -> str:
        if name in LISTED:
            return ", ".join(LISTED[name](self.command))
        return " ".join(self.command.values(name)) or "not set"


# ---- shared by predicates
def teacher(c: Command) -> bool:
    return c.given("teacher_model", "teacher_model_server")


def rewarded(c: Command) -> bool:
    return c.given("reward_funcs", "reward_model")


def more(c: Command, flag: str, than: float) -> bool:
    value = c.number(flag)
    return value is not None and value > than


def loss(c: Command) -> str:
    return c.text("loss_type") or "grpo"


def evaluation(c: Command) -> str:
    return c.text("eval_strategy") or c.text("save_strategy") or "steps"


def tokens_a_rollout(c: Command) -> float:
    turns = (c.number("max_turns") or 1) if c.given("multi_turn_scheduler") else 1
    return (c.number("max_completion_length") or 0) * turns


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


def broken_steps(c: Command) -> list[str]:
    """The intervals above 1 that are not a whole number of steps."""
    return [f"--{name} {value:g}" for name in EVERY if isinstance(value := c.number(name), float) and value > 1]


LISTED = {"without_liger": without_liger, "broken_steps": broken_steps}  # in place of a flag
rules(
    # ---- GRPO, vLLM and losses
    Rule("contradictions/rlhf-type-left-out", ERROR, "--rlhf_type is left out, and ms-swift then trains by {rlhf_type} ({why})",
         "add --rlhf_type grpo", "arguments/rlhf_args.py: its default",
         when=lambda c: c.kind == "rlhf" and "rlhf_type" not in c.flags and c.given(*GRPO_ONLY)),
    Rule("contradictions/no-vllm-mode", ERROR, "--use_vllm true needs a mode ({why})",
         "add --vllm_mode colocate (same card) or server (with `swift rollout`)", "arguments/rlhf_args.py:448",
         when=lambda c: c.grpo and c.true("use_vllm") and not c.given("vllm_mode")),
    Rule("contradictions/vllm-mode-without-vllm", ERROR,
         "--vllm_mode {vllm_mode} does nothing without vLLM: --use_vllm is false ({why})", "add --use_vllm true",
         "arguments/rlhf_args.py:445: not supported when use_vllm is false",
         when=lambda c: c.grpo and c.given("vllm_mode") and not c.true("use_vllm")),
    Rule("contradictions/colocate-with-host", ERROR,
         "--vllm_mode colocate with --vllm_server_host would still connect to a server ({why})",
         "remove the host, or use --vllm_mode server",
         "arguments/rlhf_args.py:498: the client connects in colocate mode too, 240 s, then ConnectionError",
         when=lambda c: c.vllm == "colocate" and c.given("vllm_server_host", "vllm_server_base_url")),
    Rule("contradictions/host-without-vllm", ERROR,
         "--vllm_server_host is named and --use_vllm is false: ms-swift connects, and generates with transformers ({why})",
         "add --use_vllm true --vllm_mode server, or remove the host", "arguments/rlhf_args.py:498",
         when=lambda c: c.grpo and not c.true("use_vllm") and not c.given("vllm_mode") and c.given("vllm_server_host", "vllm_server_base_url")),
    Rule("contradictions/async-multi-turn", ERROR,
         "--async_generate true does not go with --multi_turn_scheduler (multi-turn) ({why})",
         "use --async_generate false, or drop the scheduler", "arguments/rlhf_args.py _check_grpo",
         when=lambda c: c.grpo and c.true("async_generate") and c.given("multi_turn_scheduler")),
    Rule("contradictions/async-needs-server", ERROR, "--async_generate true needs --vllm_mode server ({why})",
         "serve the rollouts (--vllm_mode server), or use --async_generate false",
         "arguments/rlhf_args.py _init_rollout: async generate require vllm_mode == server",
         when=lambda c: c.grpo and c.true("async_generate") and c.vllm != "server"),
    Rule("contradictions/reasoning-parser", ERROR,
         "--vllm_reasoning_parser is not supported for GRPO: it would take the thought out of the completion ({why})",
         "remove it (leave it unset)", "rlhf_trainers/arguments.py:108, arguments/deploy_args.py:135",
         when=lambda c: c.kind in {"rlhf", "rollout"} and c.given("vllm_reasoning_parser") and (c.grpo or c.kind == "rollout")),
    Rule("contradictions/pipeline-parallel", ERROR,
         "--vllm_pipeline_parallel_size {vllm_pipeline_parallel_size}: a rollout server has no pipeline parallelism ({why})",
         "use 1, and --vllm_tensor_parallel_size for more cards", "arguments/deploy_args.py:132",
         when=lambda c: c.kind == "rollout" and more(c, "vllm_pipeline_parallel_size", 1)),
    Rule("contradictions/sync-engine-multi-turn", ERROR,
         "--multi_turn_scheduler needs the async engine, and --vllm_use_async_engine is false ({why})",
         "use --vllm_use_async_engine true, or remove it", "arguments/deploy_args.py:139",
         when=lambda c: c.kind == "rollout" and c.given("multi_turn_scheduler") and c.given("vllm_use_async_engine") and not c.true("vllm_use_async_engine")),
    Rule("contradictions/context-manager", ERROR, "--context_manager has been removed from ms-swift ({why})",
         "write a scheduler that does it, and name it in --multi_turn_scheduler", "arguments/deploy_args.py:171",
         when=lambda c: c.kind == "rollout" and c.given("context_manager")),
    Rule("contradictions/max-turns-without-scheduler", WARNING, "--max_turns does nothing without --multi_turn_scheduler ({why})",
         "add --multi_turn_scheduler, on the server too, or remove --max_turns", "rlhf_trainers/rollout_mixin.py",
         when=lambda c: (c.grpo or c.kind == "rollout") and c.given("max_turns") and not c.given("multi_turn_scheduler")),
    Rule("contradictions/length-scope", WARNING,
         "--completion_length_limit_scope total does nothing without both a scheduler and --vllm_mode colocate: --max_completion_length is a turn's ({why})",
         "use a smaller --max_turns or --max_completion_length, or remove it", "rlhf_trainers/rollout_mixin.py:1588",
         when=lambda c: c.grpo and c.text("completion_length_limit_scope") == "total" and not (c.vllm == "colocate" and c.given("multi_turn_scheduler"))),
    Rule("contradictions/sleep-on-server", ADVICE, "--sleep_level {sleep_level} does nothing in server mode ({why})",
         "remove it: it is for --vllm_mode colocate", "arguments/rlhf_args.py:345: set to 0",
         when=lambda c: c.vllm == "server" and more(c, "sleep_level", 0)),
    Rule("contradictions/sleep-without-vllm", ADVICE, "--sleep_level {sleep_level} does nothing without vLLM ({why})",
         "remove it, or add --use_vllm true --vllm_mode colocate", "arguments/rlhf_args.py:345: set to 0",
         when=lambda c: c.grpo and not c.vllm and more(c, "sleep_level", 0) and not c.given("vllm_mode")),
    Rule("contradictions/offload-on-server", ADVICE,
         "--offload_model and --offload_optimizer do nothing in server mode: the server has cards of its own ({why})",
         "remove them: they are for --vllm_mode colocate", "rlhf_trainers/rollout_mixin.py:443: colocate only",
         when=lambda c: c.vllm == "server" and (c.true("offload_model") or c.true("offload_optimizer"))),
    Rule("contradictions/regex-without-vllm", WARNING, "--structured_outputs_regex does nothing without vLLM ({why})",
         "add --use_vllm true, or remove it", "rlhf_trainers/args_mixin.py: only effective for vllm backend",
         when=lambda c: c.grpo and c.given("structured_outputs_regex") and not c.true("use_vllm")),
    Rule("contradictions/importance-sampling-without-vllm", WARNING,
         "--rollout_importance_sampling_mode corrects for vLLM, and --use_vllm is false ({why})",
         "add --use_vllm true, or remove it", "rlhf_trainers/rollout_mixin.py: no rollout log-probabilities",
         when=lambda c: c.grpo and c.given("rollout_importance_sampling_mode") and not c.true("use_vllm")),
    Rule("contradictions/truncation-strategy", ERROR,
         "--truncation_strategy {truncation_strategy}: GRPO takes only left or delete ({why})",
         "use left (cut the prompt's beginning) or delete (leave the row out)", "arguments/rlhf_args.py _init_grpo",
         when=lambda c: c.grpo and c.given("truncation_strategy") and c.text("truncation_strategy") not in ("left", "delete")),
    Rule("contradictions/enable-lora-full", WARNING, "--vllm_enable_lora does nothing with --tuner_type full ({why})",
         "remove it, or use --tuner_type lora", "rlhf_trainers/rollout_mixin.py:475: only for lora",
         when=lambda c: c.vllm == "colocate" and c.true("vllm_enable_lora") and not c.lora),
    Rule("contradictions/data-parallel-colocate", WARNING,
         "--vllm_data_parallel_size does nothing in colocate mode: each rank has its own engine ({why})",
         "remove it, and set NPROC_PER_NODE", "rlhf_trainers/rollout_mixin.py",
         when=lambda c: c.vllm == "colocate" and c.local_ranks == 1 and more(c, "vllm_data_parallel_size", 1)),
    Rule("contradictions/slow-rollouts", ADVICE,
         "rollouts of up to {max_completion_length} tokens may take longer than the 600 s after which NCCL's watchdog ends the ranks that wait for them; --ddp_timeout does not reach it ({why})",
         "use a smaller --max_completion_length or a smaller --max_turns, more SERVE_GPUS, or a smaller batch per step",
         "rlhf_trainers/rollout_mixin.py gathers objects on the default group; ms-swift issue 10065; 30 tokens a second assumed",
         when=lambda c: c.grpo and not c.on_cpu and c.ranks > 1 and c.text("vllm_mode") == "server" and tokens_a_rollout(c) > SLOW_ROLLOUT),
    Rule("contradictions/loss-always-ends", ERROR,
         "--loss_type {loss_type} always ends the run at the first step in ms-swift 4.6.0, with a teacher or without ({why})",
         "use grpo, dapo, bnpo or dr_grpo", "rlhf_trainers/grpo_trainer.py:1030: _has_teacher is true whenever no teacher is given",
         when=lambda c: c.grpo and loss(c) in PER_SEQUENCE),
    Rule("contradictions/off-policy-mask-always-ends", ERROR,
         "--off_policy_sequence_mask_delta always ends the run at the first step in ms-swift 4.6.0 ({why})",
         "remove it; --rollout_importance_sampling_mode sequence_mask is near", "rlhf_trainers/grpo_trainer.py:1030",
         when=lambda c: c.grpo and c.given("off_policy_sequence_mask_delta")),
    Rule("contradictions/several-losses", ERROR, "--loss_type {loss_type}: several losses are for DPO only ({why})",
         "give one (a single one): grpo", "arguments/rlhf_args.py:323",
         when=lambda c: c.grpo and len(c.flags.get("loss_type", [])) > 1),
    Rule("contradictions/loss-weights", ERROR, "--loss_weights is for DPO ({why})", "remove it; --reward_weights weighs rewards",
         "arguments/rlhf_args.py: assert rlhf_type == 'dpo'", when=lambda c: c.grpo and c.given("loss_weights")),
    # ---- rewards, advantages and Liger's loss
    Rule("contradictions/soft-cache-missing", ERROR, "the reward soft_overlong needs --soft_cache_length ({why})",
         "add --soft_cache_length, such as a fifth of --max_completion_length",
         "arguments/rlhf_args.py:364: assert soft_cache_length is not None",
         when=lambda c: c.grpo and "soft_overlong" in c.values("reward_funcs") and not c.given("soft_cache_length")),
    Rule("contradictions/soft-cache-too-long", ERROR,
         "--soft_cache_length {soft_cache_length} is not below the longest completion (--soft_max_length {soft_max_length}, --max_completion_length {max_completion_length}) ({why})",
         "use a smaller --soft_cache_length, below that", "rewards/orm.py SoftOverlong: assert soft_cache_length < soft_max_length",
         when=lambda c: (c.grpo and "soft_overlong" in c.values("reward_funcs") and more(c, "soft_cache_length", (c.number("soft_max_length") or c.number("max_completion_length") or math.inf) - 1))),
    Rule("contradictions/soft-length-unread", ADVICE, "--soft_cache_length does nothing: no reward reads it ({why})",
         "add the reward soft_overlong (or dapo_overlong), or remove the flag", "rewards/orm.py SoftOverlong",
         when=lambda c: c.grpo and c.given("soft_cache_length", "soft_max_length") and not reads_soft_lengths(c)),
    Rule("contradictions/soft-max-too-long", WARNING,
         "--soft_max_length {soft_max_length} is above --max_completion_length {max_completion_length}: no completion is that long ({why})",
         "use --soft_max_length {max_completion_length}", "rewards/orm.py SoftOverlong",
         when=lambda c: c.grpo and more(c, "max_completion_length", 0) and more(c, "soft_max_length", c.number("max_completion_length") or 0)),
    Rule("contradictions/kl-in-reward-without-beta", ADVICE, "--kl_in_reward true has no effect with --beta 0 ({why})",
         "give --beta 0.04, or remove --kl_in_reward", "rlhf_trainers/grpo_trainer.py: no KL without beta",
         when=lambda c: c.grpo and c.true("kl_in_reward") and c.number("beta") == 0),
    Rule("contradictions/gdpo-kl-in-reward", ERROR, "--scale_rewards gdpo does not support --kl_in_reward true ({why})",
         "use --kl_in_reward false, or another --scale_rewards", "rlhf_trainers/grpo_trainer.py:2166",
         when=lambda c: c.grpo and c.text("scale_rewards") == "gdpo" and c.true("kl_in_reward")),
    Rule("contradictions/gdpo-without-rewards", ERROR,
         "--scale_rewards gdpo needs rewards, and this is distillation without any ({why})",
         "add --reward_funcs, or use --scale_rewards group or none", "arguments/rlhf_args.py _check_opd_rl",
         when=lambda c: c.grpo and c.text("scale_rewards") == "gdpo" and teacher(c) and not rewarded(c)),
    Rule("contradictions/gdpo-one-reward", ADVICE, "--scale_rewards gdpo with one reward is --scale_rewards group ({why})",
         "name a second reward, or use group", "rl_core/advantage.py",
         when=lambda c: c.grpo and c.text("scale_rewards") == "gdpo" and len(c.values("reward_funcs")) == 1 and not c.given("reward_model")),
    Rule("contradictions/dynamic-sample-without-rewards", ERROR,
         "--dynamic_sample true needs rewards, and this is distillation without any ({why})",
         "add --reward_funcs, or use --dynamic_sample false", "arguments/rlhf_args.py _check_opd_rl",
         when=lambda c: c.grpo and c.true("dynamic_sample") and teacher(c) and not rewarded(c)),
    Rule("contradictions/resample-without-dynamic", ADVICE,
         "--max_resample_times does nothing without --dynamic_sample true ({why})", "add --dynamic_sample true, or remove it",
         "rlhf_trainers/grpo_trainer.py", when=lambda c: c.grpo and c.given("max_resample_times") and not c.true("dynamic_sample")),
    Rule("contradictions/two-teachers", ERROR, "--teacher_model and --teacher_model_server are both given ({why})",
         "keep only one: remove either", "arguments/rlhf_args.py:417",
         when=lambda c: c.grpo and c.given("teacher_model") and c.given("teacher_model_server")),
    Rule("contradictions/teacher-liger", ERROR, "--use_liger_kernel does not go with a teacher (--teacher_model) ({why})",
         "use --use_liger_kernel false", "arguments/rlhf_args.py _check_teacher",
         when=lambda c: c.grpo and teacher(c) and c.true("use_liger_kernel")),
    Rule("contradictions/teacher-kl-without-teacher", ADVICE, "--teacher_kl_coef does nothing without a teacher ({why})",
         "add --teacher_model or --teacher_model_server, or remove it", "rlhf_trainers/grpo_trainer.py _setup_teacher",
         when=lambda c: c.grpo and c.given("teacher_kl_coef") and not teacher(c)),
    Rule("contradictions/rlsd-without-rewards", ERROR,
         "--advantage_reweight rlsd needs --reward_funcs: it uses the sign of the advantage ({why})", "add --reward_funcs accuracy",
         "arguments/rlhf_args.py _check_rlsd",
         when=lambda c: c.grpo and c.text("advantage_reweight") == "rlsd" and not c.given("reward_funcs")),
    Rule("contradictions/rlsd-teacher-server", ERROR, "--advantage_reweight rlsd does not support --teacher_model_server ({why})",
         "use --teacher_model with a local model, or remove the server", "arguments/rlhf_args.py _check_rlsd",
         when=lambda c: c.grpo and c.text("advantage_reweight") == "rlsd" and c.given("teacher_model_server")),
    Rule("contradictions/rlsd-liger", ERROR, "--advantage_reweight rlsd does not go with --use_liger_kernel ({why})",
         "use --use_liger_kernel false", "arguments/rlhf_args.py _check_rlsd",
         when=lambda c: c.grpo and c.text("advantage_reweight") == "rlsd" and c.true("use_liger_kernel")),
    Rule("contradictions/rlsd-beta", ADVICE, "--advantage_reweight rlsd is meant without KL, and --beta is {beta} ({why})",
         "use --beta 0", "arguments/rlhf_args.py _check_rlsd",
         when=lambda c: c.grpo and c.text("advantage_reweight") == "rlsd" and c.number("beta") not in (0, None)),
    Rule("contradictions/sdar-rlsd", ERROR, "--sdar_loss_coef does not go with --advantage_reweight rlsd ({why})",
         "pick one: remove either", "arguments/rlhf_args.py _check_sdar",
         when=lambda c: c.grpo and more(c, "sdar_loss_coef", 0) and c.text("advantage_reweight") == "rlsd"),
    Rule("contradictions/sdar-liger-or-server", ERROR,
         "--sdar_loss_coef goes neither with --use_liger_kernel nor with --teacher_model_server ({why})",
         "use --use_liger_kernel false and a local --teacher_model", "arguments/rlhf_args.py _check_sdar",
         when=lambda c: c.grpo and more(c, "sdar_loss_coef", 0) and (c.true("use_liger_kernel") or c.given("teacher_model_server"))),
    Rule("contradictions/ref-model-lora", ERROR,
         "--ref_model with --tuner_type {tuner_type}: an adapter's reference is the model without it ({why})",
         "remove --ref_model, or use --tuner_type full", "arguments/rlhf_args.py:299: LoRA training does not require a ref_model",
         when=lambda c: c.grpo and c.given("ref_model") and c.lora),
    Rule("contradictions/ref-adapters-full", WARNING, "--ref_adapters with --tuner_type full has no adapter to refer to ({why})",
         "use --ref_model, or --tuner_type lora", "pipelines/train/rlhf.py:188",
         when=lambda c: c.grpo and not c.lora and c.given("ref_adapters")),
    Rule("contradictions/ref-model-without-beta", ADVICE,
         "--beta 0 has no reference model: --ref_model and --sync_ref_model do nothing ({why})", "give --beta 0.04, or remove them",
         "arguments/rlhf_args.py:296: ref_model is set to None",
         when=lambda c: c.grpo and c.number("beta") == 0 and (c.given("ref_model") or c.true("sync_ref_model"))),
    Rule("contradictions/epsilon-high-below-epsilon", ERROR, "--epsilon_high {epsilon_high} is below --epsilon {epsilon} ({why})",
         "use one at least as large, such as 0.28 for an epsilon of 0.2",
         "rlhf_trainers/grpo_trainer.py: clips to [1 - epsilon, 1 + epsilon_high]: good tokens gain less than bad ones lose",
         when=lambda c: c.grpo and c.given("epsilon_high") and loss(c) != "cispo" and c.number("epsilon_high") is not None and not more(c, "epsilon_high", (c.number("epsilon") or 0) - 1e-12)),
    Rule("contradictions/chord-batch-missing", ERROR, "--chord_sft_dataset needs --chord_sft_per_device_train_batch_size ({why})",
         "add it, such as 1", "rlhf_trainers/grpo_trainer.py make_chord_sft_dataset: a batch of None",
         when=lambda c: c.grpo and bool(c.values("chord_sft_dataset")) and not c.given("chord_sft_per_device_train_batch_size")),
    Rule("contradictions/liger-missing", ERROR, "--use_liger_kernel true, and liger-kernel is not installed ({why})",
         "pip install 'liger-kernel>=0.7.0', or use --use_liger_kernel false", "trainers/arguments.py:258", machine=True,
         when=lambda c: c.true("use_liger_kernel") and lacks("liger_kernel")),
    Rule("contradictions/liger-unsupported", ERROR, "--use_liger_kernel true does not support {without_liger} ({why})",
         "use --use_liger_kernel false, or remove the other", "arguments/rlhf_args.py _check_grpo",
         when=lambda c: c.grpo and c.true("use_liger_kernel") and bool(without_liger(c))),
    # ---- the trainer
    Rule("contradictions/broken-steps", ERROR, "{broken_steps} is not a whole number of steps ({why})",
         "write a whole number, or a share of all steps below 1",
         "transformers training_args.py: must be an integer if bigger than 1", when=lambda c: c.trains and bool(broken_steps(c))),
    Rule("contradictions/padding-free-attention", ERROR,
         "--padding_free and --packing need flash attention, and --attn_impl is {attn_impl} ({why})",
         "add --attn_impl flash_attn (or flash_attention_2), or use --padding_free false",
         "arguments/sft_args.py _check_padding_free",
         when=lambda c: (c.true("padding_free") or c.true("packing")) and c.text("attn_impl") not in FLASH),
    Rule("contradictions/packing-grpo", ERROR, "--packing is not for GRPO: its batches are groups of completions ({why})",
         "remove it", "rlhf_trainers/grpo_trainer.py", when=lambda c: c.grpo and c.true("packing")),
    Rule("contradictions/packing-lazy", ERROR, "--packing and --lazy_tokenize do not go together ({why})",
         "use --lazy_tokenize false", "arguments/base_args/base_args.py:166",
         when=lambda c: c.true("packing") and c.true("lazy_tokenize")),
    Rule("contradictions/streaming-lazy", ERROR, "--streaming and --lazy_tokenize do not go together ({why})",
         "use --lazy_tokenize false", "arguments/base_args/base_args.py:168",
         when=lambda c: c.true("streaming") and c.true("lazy_tokenize")),
    Rule("contradictions/flash-attn-missing", ERROR, "--attn_impl {attn_impl}, and flash-attn is not installed ({why})",
         "pip install flash-attn, or use --attn_impl sdpa",
         "transformers: FlashAttention2 has been toggled on, but it cannot be used", machine=True,
         when=lambda c: c.trains and (c.text("attn_impl") or "").startswith("flash") and not c.on_cpu and lacks("flash_attn") and c.text("attn_impl") in {"flash_attn", "flash_attention_2"}),
    Rule("contradictions/fsdp-deepspeed", ERROR, "--fsdp and --deepspeed do not go together ({why})", "use only one: remove either",
         "arguments/sft_args.py:295", when=lambda c: c.trains and c.given("fsdp") and c.given("deepspeed")),
    Rule("contradictions/fsdp-only-model", ERROR,
         "--save_only_model true does not go with --fsdp fsdp2, whose state is sharded ({why})",
         "use --save_only_model false, or FULL_STATE_DICT in an fsdp configuration of your own", "arguments/sft_args.py:347",
         when=lambda c: c.trains and c.text("fsdp") == "fsdp2" and c.true("save_only_model")),
    Rule("contradictions/two-warmups", ERROR, "--warmup_ratio and --warmup_steps are both given ({why})", "keep one: remove either",
         "trainers/arguments.py:231",
         when=lambda c: c.trains and (c.number("warmup_ratio") or 0) > 0 and (c.number("warmup_steps") or 0) > 0),
    Rule("contradictions/cached-dataset", ERROR, "--cached_dataset is not supported for GRPO ({why})", "name the rows in --dataset",
         "arguments/rlhf_args.py:344", when=lambda c: c.grpo and c.given("cached_dataset", "cached_val_dataset")),
    Rule("contradictions/best-model-strategies", ERROR,
         "--load_best_model_at_end needs --save_strategy and --eval_strategy to be the same ({why})",
         "set --eval_strategy to the --save_strategy, or --save_strategy best", "transformers training_args.py:1719",
         when=lambda c: c.trains and c.true("load_best_model_at_end") and c.text("save_strategy") != "best" and evaluation(c) != (c.text("save_strategy") or "steps")),
    Rule("contradictions/best-model-steps", ERROR,
         "--load_best_model_at_end needs --save_steps {save_steps} to be a multiple of --eval_steps {eval_steps} ({why})",
         "set --save_steps to --eval_steps", "transformers training_args.py:1724",
         when=lambda c: (c.trains and c.true("load_best_model_at_end") and evaluation(c) == c.text("save_strategy") == "steps" and c.evaluates and (c.whole("save_steps") or 0) % (c.whole("eval_steps") or 1) != 0)),
    Rule("contradictions/best-model-without-evaluation", ERROR,
         "--load_best_model_at_end needs an evaluation, and there is none ({why})",
         "add --val_dataset or --split_dataset_ratio, or remove it", "transformers training_args.py:1719",
         when=lambda c: c.trains and c.true("load_best_model_at_end") and not c.evaluates),
    Rule("contradictions/fp16-bf16", ERROR, "--fp16 true and --bf16 true: only one can be ({why})", "keep one: remove either",
         "transformers training_args.py:1753", when=lambda c: c.trains and c.true("fp16") and c.true("bf16")),
    Rule("contradictions/dtype-mixed-precision", WARNING, "--torch_dtype {torch_dtype} contradicts --fp16 or --bf16 ({why})",
         "remove --fp16 and --bf16: they follow --torch_dtype", "arguments/base_args/model_args.py _init_mixed_precision",
         when=lambda c: c.trains and ((c.true("fp16") and c.text("torch_dtype") == "bfloat16") or (c.true("bf16") and c.text("torch_dtype") == "float16"))),
    Rule("contradictions/scheduler-without-evaluation", ERROR,
         "--lr_scheduler_type {lr_scheduler_type} needs an evaluation, and there is none ({why})",
         "add --val_dataset and --eval_strategy, or use cosine", "transformers training_args.py:1760",
         when=lambda c: c.trains and c.text("lr_scheduler_type") in {"reduce_lr_on_plateau", "greedy"} and not (c.evaluates and evaluation(c) != "no")),
    Rule("contradictions/scheduler-min-lr", ERROR, "--lr_scheduler_type {lr_scheduler_type} needs min_lr ({why})",
         """add --lr_scheduler_kwargs '{{"min_lr": 1e-7}}', or use cosine""",
         "transformers optimization.py: either min_lr or min_lr_rate should be set",
         when=lambda c: c.trains and c.text("lr_scheduler_type") in {"cosine_with_min_lr", "cosine_warmup_with_min_lr"} and not {"min_lr", "min_lr_rate"} & {*(c.mapping("lr_scheduler_kwargs") or ())}),
    Rule("contradictions/prefetch-without-workers", ERROR,
         "--dataloader_prefetch_factor needs workers, and --dataloader_num_workers is 0 ({why})",
         "use --dataloader_num_workers 1 or more, or remove --dataloader_prefetch_factor", "transformers training_args.py:1772",
         when=lambda c: c.trains and c.number("dataloader_num_workers") == 0 and c.given("dataloader_prefetch_factor")),
    Rule("contradictions/persistent-without-workers", ERROR,
         "--dataloader_persistent_workers needs workers, and --dataloader_num_workers is 0 ({why})",
         "use --dataloader_num_workers 1 or more, or remove it",
         "torch DataLoader: persistent_workers option needs num_workers > 0",
         when=lambda c: c.trains and c.number("dataloader_num_workers") == 0 and c.given("dataloader_persistent_workers") and c.true("dataloader_persistent_workers")),
    Rule("contradictions/streaming-without-max-steps", ERROR,
         "--streaming true has no length: --max_steps says when the run ends ({why})", "add --max_steps",
         "transformers Trainer: max_steps has to be specified",
         when=lambda c: c.trains and c.true("streaming") and not more(c, "max_steps", 0)),
    Rule("contradictions/evaluation-without-set", WARNING,
         "--eval_strategy {eval_strategy} does nothing without a validation set ({why})",
         "add --val_dataset or --split_dataset_ratio 0.01, or remove it",
         "arguments/sft_args.py: eval_strategy silently becomes 'no'",
         when=lambda c: c.trains and c.given("eval_strategy") and c.text("eval_strategy") != "no" and not c.evaluates and not c.given("eval_dataset")),
    Rule("contradictions/two-validation-sets", ADVICE, "--split_dataset_ratio does nothing when --val_dataset is given ({why})",
         "remove one of the two", "arguments/base_args/data_args.py: set to 0",
         when=lambda c: c.trains and c.given("val_dataset") and (c.number("split_dataset_ratio") or 0) > 0),
    Rule("contradictions/nothing-saved", WARNING, "--save_strategy no: nothing of the run is kept ({why})", "use steps or epoch",
         "transformers Trainer", when=lambda c: c.trains and c.given("save_strategy") and c.text("save_strategy") == "no"),
    Rule("contradictions/save-best-without-evaluation", ERROR,
         "--save_strategy best needs an evaluation: without one nothing is saved ({why})", "add --val_dataset, or use steps",
         "transformers Trainer", when=lambda c: c.trains and c.text("save_strategy") == "best" and not c.evaluates),
    Rule("contradictions/only-model-best-deepspeed", ERROR,
         "--save_only_model does not go with --load_best_model_at_end and DeepSpeed ({why})", "use --save_only_model false",
         "transformers trainer.py: DeepSpeed cannot load the best model from weights alone",
         when=lambda c: c.trains and (c.true("save_only_model") and c.true("load_best_model_at_end") and c.given("deepspeed"))),
    # ---- tuners, quantisation and subcommands
    Rule("contradictions/lora-flags-full", ADVICE,
         "--lora_rank, --lora_alpha and --lora_dropout do nothing with --tuner_type full ({why})",
         "use --tuner_type lora, or remove them", "pipelines/train/tuner.py",
         when=lambda c: c.trains and not c.lora and c.given("lora_rank", "lora_alpha", "lora_dropout")),
    Rule("contradictions/quantised-full", ERROR,
         "--tuner_type full cannot train quantised weights (--quant_method, --quant_bits) ({why})",
         "use --tuner_type lora, or remove --quant_bits",
         "transformers Trainer: cannot perform fine-tuning on purely quantized models",
         when=lambda c: c.trains and not c.lora and c.given("quant_bits", "quant_method")),
    Rule("contradictions/adapters-full", WARNING, "--adapters with --tuner_type full ({why})",
         "use --tuner_type lora, or merge the adapter first (scripts/export.sh) and name the result in --model",
         "pipelines/train/tuner.py", when=lambda c: c.trains and not c.lora and c.given("adapters")),
    Rule("contradictions/quant-bits-missing", ERROR, "--quant_method {quant_method} needs --quant_bits ({why})",
         "add --quant_bits 4", "arguments/base_args/quant_args.py:50",
         when=lambda c: c.trains and c.given("quant_method") and not c.given("quant_bits") and c.text("quant_method") != "fp8"),
    Rule("contradictions/quant-method-missing", WARNING, "--quant_bits does nothing without --quant_method ({why})",
         "add --quant_method bnb", "arguments/base_args/quant_args.py:46",
         when=lambda c: c.trains and c.given("quant_bits") and not c.given("quant_method")),
    Rule("contradictions/bitsandbytes-missing", ERROR, "--quant_method bnb, and bitsandbytes is not installed ({why})",
         "pip install bitsandbytes, or remove it", "transformers: requires bitsandbytes", machine=True,
         when=lambda c: c.trains and c.text("quant_method") == "bnb" and not c.on_cpu and lacks("bitsandbytes")),
    Rule("contradictions/quantised-zero3", ERROR,
         "--quant_method {quant_method} does not go with ZeRO-3, which shards the weights ({why})",
         "use --deepspeed zero2, or no quantisation", "transformers: DeepSpeed ZeRO-3 is not compatible with quantized models",
         when=lambda c: c.trains and c.given("quant_method") and (zero_stage(c) or (0,))[0] == 3),
    Rule("contradictions/unsloth-missing", ERROR, "--tuner_backend unsloth, and unsloth is not installed ({why})",
         "pip install unsloth, or use --tuner_backend peft", "model/register.py load_by_unsloth", machine=True,
         when=lambda c: c.trains and c.text("tuner_backend") == "unsloth" and lacks("unsloth")),
    Rule("contradictions/resume-only-without-checkpoint", WARNING,
         "--resume_only_model does nothing without --resume_from_checkpoint ({why})", "name the checkpoint, or remove it",
         "arguments/sft_args.py",
         when=lambda c: c.trains and c.true("resume_only_model") and not c.given("resume_from_checkpoint")),
    Rule("contradictions/dora-vllm-lora", ERROR, "--use_dora does not go with --vllm_enable_lora: vLLM does not support DoRA ({why})",
         "use --vllm_enable_lora false", "vllm/lora/peft_helper.py: does not yet support DoRA",
         when=lambda c: c.trains and c.true("use_dora") and c.true("vllm_enable_lora")),
    Rule("contradictions/lora-bias-vllm", ERROR, "--lora_bias all does not go with --vllm_enable_lora ({why})",
         "use --lora_bias none", "vllm/lora/peft_helper.py: adapter bias is not supported",
         when=lambda c: c.grpo and c.vllm != "" and c.true("vllm_enable_lora") and c.text("lora_bias") == "all"),
    Rule("contradictions/nlg-default-jieba-missing", ERROR,
         "--predict_with_generate measures with nlg, which needs jieba, and it is not installed ({why})",
         "pip install jieba, or name another --eval_metric", "arguments/sft_args.py _init_metric", machine=True,
         when=lambda c: c.trains and c.true("predict_with_generate") and lacks("jieba") and not c.given("eval_metric") and not c.grpo),
    Rule("contradictions/nlg-jieba-missing", ERROR, "--eval_metric nlg needs jieba, which is not installed ({why})",
         "pip install jieba, or name another --eval_metric", "arguments/sft_args.py _init_metric", machine=True,
         when=lambda c: c.trains and c.text("eval_metric") == "nlg" and lacks("jieba")),
    Rule("contradictions/dlrover-missing", ERROR, "--use_flash_ckpt true, and dlrover is not installed ({why})",
         "pip install 'dlrover[k8s,torch]', or remove it", "pipelines/train/sft.py:40", machine=True,
         when=lambda c: c.trains and c.true("use_flash_ckpt") and lacks("dlrover")),
    Rule("contradictions/autotp-without-deepspeed", ERROR, "--deepspeed_autotp_size needs --deepspeed ({why})",
         "add --deepspeed zero2, or remove it", "arguments/sft_args.py _init_deepspeed",
         when=lambda c: c.trains and c.given("deepspeed_autotp_size") and not c.given("deepspeed")),
    Rule("contradictions/hpz-without-zero3", ERROR, "--zero_hpz_partition_size belongs to ZeRO++: it needs --deepspeed zero3 ({why})",
         "add --deepspeed zero3, or remove it", "arguments/sft_args.py _init_deepspeed",
         when=lambda c: c.trains and c.given("zero_hpz_partition_size") and "zero3" not in (c.text("deepspeed") or "")),
    Rule("contradictions/sequence-parallel-ranks", ERROR,
         "--sequence_parallel_size {sequence_parallel_size} does not divide the ranks ({why})",
         "use 1, or an NPROC_PER_NODE that is a multiple of it", "sequence_parallel: world size % sp size",
         when=lambda c: c.grpo and c.ranks % (c.whole("sequence_parallel_size") or 1) != 0),
    Rule("contradictions/sft-with-rewards", ERROR,
         "`swift sft` makes no rollouts: --reward_funcs and similar flags belong to `swift rlhf` ({why})",
         "use swift rlhf --rlhf_type grpo", "cli/main.py",
         when=lambda c: c.kind == "sft" and c.given("reward_funcs", "num_generations", "rlhf_type")),
)  # fmt: skip
