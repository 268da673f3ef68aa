"""Combinations of GRPO flags that ms-swift refuses late, after the model is loaded, or not at all.

Source: swift/rlhf_trainers/arguments.py and swift/arguments/rlhf_args.py of ms-swift 4.6.0.
"""

from typing import Any

from swift_grpo.check.batch import fit_accumulation
from swift_grpo.check.problem import Problem

# ms-swift's defaults
DEFAULTS = {
    "per_device_train_batch_size": 1,
    "gradient_accumulation_steps": 1,
    "num_generations": 8,
    "max_completion_length": 512,
    "vllm_max_lora_rank": 16,
    "lora_rank": 8,
}


def check_grpo(flags: dict[str, list[str]], ranks: int, rewards_known: list[str] | None) -> list[Problem]:
    """Batch arithmetic, rewards and rollout flags of one `swift rlhf --rlhf_type grpo`; `ranks` is the number of trainers.

    `rewards_known` is None where the names cannot be known.
    """
    try:
        problems = [_groups(flags, ranks), _lengths(flags)]
    except ValueError:  # no number: the flag check names it
        return []
    problems += [_rollout_mode(flags), _adapter(flags), _weights(flags), *_rewards(flags, rewards_known)]
    return [problem for problem in problems if problem]


def _last(flags: dict[str, list[str]], name: str) -> str | None:
    return flags[name][-1] if flags.get(name) else None


def _number(flags: dict[str, list[str]], name: str) -> int:
    value = _last(flags, name)
    return DEFAULTS[name] if value in (None, "None") else int(value)


def _true(flags: dict[str, list[str]], name: str) -> bool:
    return (_last(flags, name) or "false").lower() in {"true", "1", "yes"}


def _groups(flags: dict[str, list[str]], ranks: int) -> Problem | None:
    """The generation batch, counted in completions, must be whole groups."""
    per_device = _number(flags, "per_device_train_batch_size")
    group = _number(flags, "num_generations")
    micro = ranks * per_device
    if min(per_device, group) < 1:
        return Problem("--per_device_train_batch_size and --num_generations must be positive", "give both at least 1")
    if group < 2:
        return Problem("--num_generations 1 makes groups of one, whose advantage is always 0", "give at least 2")
    if explicit := _last(flags, "generation_batch_size"):
        if int(explicit) % micro or int(explicit) % group:
            return Problem(
                f"--generation_batch_size {explicit} must be a multiple of {micro} ({ranks} ranks x {per_device})"
                f" and of --num_generations {group}",
                f"use a multiple of {micro * fit_accumulation(ranks, per_device, group)}",
            )
        return None
    steps = int(_last(flags, "steps_per_generation") or _number(flags, "gradient_accumulation_steps"))
    batch = micro * steps
    if batch % group:
        need = fit_accumulation(ranks, per_device, group)
        divisors = [str(g) for g in range(2, batch + 1) if batch % g == 0]
        either = f", or --num_generations {' or '.join(divisors[:8])}" if divisors else ""
        return Problem(
            f"a step makes {batch} completions ({ranks} ranks x {per_device} x {steps}),"
            f" which is no multiple of --num_generations {group}",
            f"use --gradient_accumulation_steps {need} (or a multiple of it){either}",
        )
    return None


def _lengths(flags: dict[str, list[str]]) -> Problem | None:
    """In colocate mode prompt and completion must fit into vLLM's window."""
    prompt, window = _last(flags, "max_length"), _last(flags, "vllm_max_model_len")
    if _last(flags, "vllm_mode") != "colocate" or prompt is None or window is None:
        return None
    completion = _number(flags, "max_completion_length")
    if int(prompt) + completion <= int(window):
        return None
    return Problem(
        f"--max_length {prompt} + --max_completion_length {completion} exceed --vllm_max_model_len {window}",
        f"use --vllm_max_model_len {int(prompt) + completion}",
    )


def _rollout_mode(flags: dict[str, list[str]]) -> Problem | None:
    use, mode = _true(flags, "use_vllm"), _last(flags, "vllm_mode")
    if use and mode is None:
        return Problem(
            "--use_vllm true needs a mode", "add --vllm_mode colocate (same card) or server (with `swift rollout`)"
        )
    if mode is not None and not use:
        return Problem(f"--vllm_mode {mode} does nothing without vLLM", "add --use_vllm true")
    named = "vllm_server_host" in flags or "vllm_server_base_url" in flags
    if mode == "server" and not named:
        return Problem(
            "--vllm_mode server needs the server's address",
            "add --vllm_server_host and --vllm_server_port, or use scripts/train_multi_gpu.sh, which starts the server",
        )
    if mode == "colocate" and named:
        return Problem(
            "--vllm_mode colocate with --vllm_server_host would still connect to a server",
            "remove the host, or use --vllm_mode server",
        )
    return None


def _adapter(flags: dict[str, list[str]]) -> Problem | None:
    if not _true(flags, "vllm_enable_lora"):
        return None
    rank, limit = _number(flags, "lora_rank"), _number(flags, "vllm_max_lora_rank")
    return (
        Problem(f"--lora_rank {rank} exceeds --vllm_max_lora_rank {limit}", f"use --vllm_max_lora_rank {rank}")
        if rank > limit
        else None
    )


def _rewards(flags: dict[str, list[str]], known: list[str] | None) -> list[Problem]:
    names = flags.get("reward_funcs", [])
    if not names and "reward_model" not in flags:
        return [Problem("no reward is named", "add --reward_funcs math_accuracy r1_format")]
    if known is None:
        return []
    return [
        Problem(
            f"the reward {name} is not registered",
            f"use one of {', '.join(known)}, or register it in a file given to --external_plugins",
        )
        for name in names
        if name not in known
    ]


def _weights(flags: dict[str, list[str]]) -> Problem | None:
    weights = flags.get("reward_weights")
    rewards: list[Any] = [*flags.get("reward_funcs", []), *flags.get("reward_model", [])]
    if weights is None or len(weights) == len(rewards):
        return None
    return Problem(
        f"--reward_weights has {len(weights)} values for {len(rewards)} rewards",
        "give one weight a reward, in their order",
    )
