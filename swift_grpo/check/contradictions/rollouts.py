"""Flags of GRPO, vLLM and losses that do not go together."""

from swift_grpo.check.contradictions.rule import Rule, loss, more
from swift_grpo.check.problem import ADVICE, WARNING
from swift_grpo.formats.command_line import Command

PER_SEQUENCE = ("real", "fipo")
SLOW_ROLLOUT = (
    600 * 30
)  # tokens in 600 s, at the 30 a second that a 7B model gives one of many requests on a card (assumed)


def tokens_a_rollout(c: Command) -> float:
    turns = (c.number("max_turns") or 1) if c.given("multi_turn_scheduler") else 1
    return (c.number("max_completion_length") or 0) * turns


GRPO_ONLY = (
    "reward_funcs",
    "reward_weights",
    "num_generations",
    "multi_turn_scheduler",
    "scale_rewards",
    "dynamic_sample",
)

RULES = (
    Rule(
        lambda c: c.kind == "rlhf" and "rlhf_type" not in c.flags and c.given(*GRPO_ONLY),
        "--rlhf_type is left out, and ms-swift then trains by {rlhf_type}",
        "add --rlhf_type grpo",
        "arguments/rlhf_args.py: its default",
    ),
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
    Rule(
        lambda c: c.grpo and not c.on_cpu and c.ranks > 1 and c.text("vllm_mode") == "server" and tokens_a_rollout(c) > SLOW_ROLLOUT,
        "rollouts of up to {max_completion_length} tokens may take longer than the 600 s after which NCCL's watchdog ends the ranks"
        " that wait for them; --ddp_timeout does not reach it",
        "use a smaller --max_completion_length or fewer --max_turns, more VLLM_GPUS, or a smaller batch a step",
        "rlhf_trainers/rollout_mixin.py gathers objects on the default group; ms-swift issue 10065; 30 tokens a second assumed",
        ADVICE,
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
)  # fmt: skip
