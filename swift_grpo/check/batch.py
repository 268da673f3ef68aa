"""The arithmetic of a GRPO step: completions come in whole groups, and every rank takes the same number."""

import math
from collections.abc import Iterator

from swift_grpo.check.problem import ERROR, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.formats.command_line import Command

rules(
    Rule("batch/two-sizes", ERROR,
         "--generation_batch_size {size} and --steps_per_generation {steps} contradict each other: {ranks} ranks x {per_device} x {steps} = {product}",
         "keep one: remove either, or use --generation_batch_size {product}",
         "rlhf_trainers/args_mixin.py:218: generation_batch_size must equal the product"),
    Rule("batch/size-not-whole", ERROR,
         "--generation_batch_size {size} must be a multiple of {micro} ({ranks} ranks x {per_device}) and of --num_generations {group}",
         "use a multiple of {whole}: {near} or {next}",
         "rlhf_trainers/args_mixin.py:210: must be divisible by the global batch size; :229 by num_generations"),
    Rule("batch/group-not-whole", ERROR,
         "a step makes {batch} completions ({ranks} ranks x {per_device} x {steps}), which is not a multiple of --num_generations {group}",
         "use --{flag} {need} (or a multiple of it), or another --per_device_train_batch_size{either}",
         "rlhf_trainers/args_mixin.py:229: must be evenly divisible by num_generations"),
    Rule("batch/evaluation-not-whole", ERROR,
         "evaluation makes {batch} completions at a time ({ranks} ranks x --per_device_eval_batch_size {per_device}), which is not a multiple of --num_generations {group}; it is on because --eval_strategy follows --save_strategy",
         "use --per_device_eval_batch_size {need}, --num_generations_eval 1, or --eval_strategy no",
         "rlhf_trainers/args_mixin.py:241: the global eval batch size must be evenly divisible by num_generations_eval"),
    Rule("batch/deepspeed-differs", ERROR, "the DeepSpeed configuration {file} has {has}, but the flags say {wanted} ({why})",
         'write "auto" for {names}', "transformers: DeepSpeed config values that mismatch"),
)  # fmt: skip


def fit_accumulation(ranks: int, per_device: int, num_generations: int, at_least: int = 1) -> int:
    """The smallest accumulation for which ranks x per_device x accumulation is a multiple of `num_generations` and at
    least `at_least` completions. Raises ValueError unless all are positive.

    ms-swift's generation batch is that product (GRPOTrainer splits it into groups of `num_generations`).

    >>> fit_accumulation(ranks=7, per_device=1, num_generations=7, at_least=14)
    2
    >>> fit_accumulation(ranks=3, per_device=1, num_generations=7, at_least=14)
    7
    """
    if min(ranks, per_device, num_generations) < 1:
        raise ValueError("--per_device_train_batch_size and --num_generations must be at least 1")
    step = num_generations // math.gcd(ranks * per_device, num_generations)
    return step * max(1, -(-at_least // (ranks * per_device * step)))


def generation_batch(command: Command) -> int | None:
    """Completions per generation; None if the flags do not say (args_mixin.py `_init_generation_batch_params`)."""
    if explicit := command.whole("generation_batch_size"):
        return explicit
    per_device = command.whole("per_device_train_batch_size")
    steps = command.whole("steps_per_generation") or (
        command.whole("gradient_accumulation_steps") if command.given("gradient_accumulation_steps") else 1
    )
    return command.ranks * per_device * steps if per_device and steps else None


def check_batch(command: Command) -> Iterator[Problem]:
    """Whole groups in training and in evaluation, and DeepSpeed's own numbers."""
    if command.trains:
        yield from _deepspeed(command)
    if not command.grpo:
        return
    group, per_device = command.whole("num_generations"), command.whole("per_device_train_batch_size")
    if not group or not per_device:  # reported by the ranges
        return
    yield from _training(command, group, per_device)
    if command.evaluates and not command.true("eval_use_evalscope"):
        yield from _evaluation(command, group)


def _training(command: Command, group: int, per_device: int) -> Iterator[Problem]:
    ranks = command.ranks
    micro = ranks * per_device
    whole = math.lcm(micro, group)
    explicit, steps = command.whole("generation_batch_size"), command.whole("steps_per_generation")
    sizes = {"ranks": ranks, "per_device": per_device, "group": group}
    if explicit and steps and explicit != micro * steps:
        yield found("batch/two-sizes", size=explicit, product=micro * steps, steps=steps, **sizes)
    elif explicit and (explicit % micro or explicit % group):
        near = max(whole, round(explicit / whole) * whole)
        yield found(
            "batch/size-not-whole", size=explicit, micro=micro, whole=whole, near=near, next=near + whole, **sizes
        )
    elif not explicit and (batch := generation_batch(command)) and batch % group:
        flag = "steps_per_generation" if steps else "gradient_accumulation_steps"
        divisors = [str(g) for g in range(2, min(batch, 4096) + 1) if batch % g == 0]
        either = f", or --num_generations {' or '.join(divisors[:8])}" if divisors else ""
        steps = batch // micro
        yield found(
            "batch/group-not-whole", batch=batch, steps=steps, flag=flag, need=whole // micro, either=either, **sizes
        )


def _evaluation(command: Command, group: int) -> Iterator[Problem]:
    per_device, ranks = command.whole("per_device_eval_batch_size"), command.ranks
    group = command.whole("num_generations_eval") or group
    if per_device and (ranks * per_device) % group:
        batch, need = ranks * per_device, math.lcm(ranks, group) // ranks
        sizes = {"ranks": ranks, "per_device": per_device, "group": group}
        yield found("batch/evaluation-not-whole", batch=batch, need=need, **sizes)


def _deepspeed(command: Command) -> Iterator[Problem]:
    """Numbers in a DeepSpeed file that differ from the flags (transformers integrations/deepspeed.py fill_match)."""
    config = command.mapping("deepspeed") or {}
    steps = command.whole("gradient_accumulation_steps") or (1 if command.grpo else None)
    per_device = command.whole("per_device_train_batch_size")
    wanted: dict[str, float | None] = {
        "train_micro_batch_size_per_gpu": per_device,
        "gradient_accumulation_steps": steps,
        "train_batch_size": command.ranks * per_device * steps if per_device and steps else None,
        "gradient_clipping": command.number("max_grad_norm"),
    }
    wrong = {
        name: value
        for name, value in wanted.items()
        if value is not None and isinstance(has := config.get(name), int | float) and has != value
    }
    if wrong:
        yield found(
            "batch/deepspeed-differs",
            file=command.text("deepspeed"),
            has=", ".join(f"{n} {config[n]}" for n in wrong),
            wanted=", ".join(f"{value:g}" for value in wrong.values()),
            names=", ".join(wrong),
        )


def prompts_per_generation(command: Command) -> int | None:
    """Different prompts that one generation needs. With fewer the sampler drops the batch, and no step is done."""
    batch, group = generation_batch(command), command.whole("num_generations", 2)
    return batch // group if batch and group and batch % group == 0 else None
