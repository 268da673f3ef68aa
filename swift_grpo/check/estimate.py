"""What a run costs, from its flags and the model's config alone: memory per card, disk per checkpoint, steps, tokens.

Bytes per parameter in mixed precision, as in DeepSpeed and ms-swift: weights 2, gradients 2. With DeepSpeed the
optimizer keeps a master copy and two moments in 32 bits: 12 (ZeRO, arXiv:1910.02054, section 3.1). Without it AdamW's
moments have the weights' 2 bytes each. ZeRO-1 shards the optimizer over the ranks, ZeRO-2 also the gradients, ZeRO-3
also the weights. Estimates leave out fragmentation and buckets of the collectives; peaks depend on the longest batch.
"""

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from swift_grpo.check.batch import generation_batch
from swift_grpo.check.model import Model, find_model, model_of
from swift_grpo.formats.command_line import Command

GB = 1e9
CONTEXT = 1.0e9  # CUDA context and libraries of a process
PROJECTIONS = ("q", "k", "v", "o", "gate", "up", "down")


def gigabytes(size: float) -> str:
    """Bytes as text, in GB, MB or kB.

    >>> gigabytes(15.2e9), gigabytes(3.84e9), gigabytes(1.2e6), gigabytes(900)
    ('15 GB', '3.8 GB', '1.2 MB', '1 kB')
    """
    for unit, many in (("GB", 1e9), ("MB", 1e6)):
        if size >= many:
            return f"{size / many:.0f} {unit}" if size >= 10 * many else f"{size / many:.1f} {unit}"
    return f"{size / 1e3:.0f} kB"


def tokens_in_words(count: float) -> str:
    """
    >>> tokens_in_words(51_200), tokens_in_words(1_638_400), tokens_in_words(2.5e9)
    ('51,200', '1.6 million', '2,500.0 million')
    """
    return f"{count / 1e6:,.1f} million" if count >= 1e6 else f"{count:,.0f}"


@dataclass
class Estimate:
    """Bytes by part on one card. `sure` are the parts that are there whatever the batch."""

    what: str
    parts: dict[str, float] = field(default_factory=dict)
    sure: float = 0.0

    @property
    def total(self) -> float:
        return sum(self.parts.values())

    def __str__(self) -> str:
        least = min(0.05 * GB, self.total / 100)
        listed = ", ".join(f"{name} {gigabytes(size)}" for name, size in self.parts.items() if size >= least)
        return f"{self.what}: about {gigabytes(self.total)} a card ({listed})"


def zero_stage(command: Command, flag: str = "deepspeed") -> tuple[int, bool] | None:
    """(stage, whether the optimizer is offloaded) of --deepspeed, None without it."""
    value = command.text(flag)
    if not value:
        return None
    if found := re.fullmatch(r"zero([0-3])(_offload)?", value):
        return int(found[1]), bool(found[2])
    try:
        zero = (command.mapping(flag) or {})["zero_optimization"]
        return int(zero.get("stage", 0)), "offload_optimizer" in zero
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def lora_parameters(command: Command, model: Model) -> int:
    """Parameters of the adapter: rank x (rows + columns) of each layer that --target_modules names."""
    hidden, inner, layers = (model.size(n) for n in ("hidden_size", "intermediate_size", "num_hidden_layers"))
    q, kv = model.size("num_attention_heads") * model.head_size, model.kv_heads * model.head_size
    sizes = dict(
        zip(
            PROJECTIONS,
            (hidden + q, hidden + kv, hidden + kv, q + hidden, hidden + inner, hidden + inner, inner + hidden),
            strict=True,
        )
    )
    named = {word.removesuffix("_proj") for word in command.values("target_modules")}
    chosen = [size for name, size in sizes.items() if name in named] or list(sizes.values())
    return (command.whole("lora_rank") or 8) * sum(chosen) * layers


def weight_bytes(command: Command, model: Model) -> float:
    """Bytes of the weights as they are loaded: 4 bits with their scales, 8, 16 or 32."""
    bits = command.text("quant_bits") if command.given("quant_method") else None
    width = {"4": 0.6, "8": 1.1, "3": 0.5, "2": 0.35}.get(bits or "") or (
        4 if command.text("torch_dtype") == "float32" else 2
    )
    return model.parameters * width


def training(command: Command) -> Estimate | None:
    """The memory of one training rank's card; None if the model's shape is not known."""
    model = model_of(command)
    if not model or not model.parameters or not command.trains:
        return None
    stage, offload = zero_stage(command) or (0, False)
    deepspeed, ranks = zero_stage(command) is not None, max(command.ranks, 1)
    weights = weight_bytes(command, model)
    trained = lora_parameters(command, model) if command.lora else model.parameters
    width = 4 if command.lora else 2
    gradients = trained * width / (ranks if stage >= 2 else 1)
    optimizer = trained * (12 if deepspeed else 8 if command.lora else 4) / (ranks if stage >= 1 else 1)
    estimate = Estimate("training")
    parts = estimate.parts
    parts["weights"] = weights / (ranks if stage == 3 else 1)
    if command.lora:
        parts["adapter"] = trained * 4
    parts["gradients"] = gradients
    parts["optimizer"] = 0 if offload else optimizer
    if needs_reference(command):
        parts["reference model"] = weights / (ranks if stage == 3 else 1)
    for flag in ("teacher_model", "reward_model"):
        for name in command.values(flag):
            other = find_model(name, str(Path.cwd()))
            if (
                other
                and other.parameters
                and not (flag == "teacher_model" and command.lora and name == command.text("model"))
            ):
                parts[flag.replace("_", " ")] = other.parameters * 2
    cards = _cards_each(command)
    if cards > 1:  # a device_map spreads the model over the cards of a rank
        parts.update({name: size / cards for name, size in parts.items()})
    estimate.sure = sum(parts.values())
    parts |= _activations(command, model)
    if not command.vllm and command.grpo:
        parts["cache of transformers' generation"] = _generation(command, model)
    parts["CUDA context"] = CONTEXT
    return estimate


def _cards_each(command: Command) -> int:
    named = [c for c in command.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if c.strip()]
    return max(1, len(named) // command.local_ranks)


def needs_reference(command: Command) -> bool:
    """GRPO of all parameters with beta > 0 keeps a second model (arguments/rlhf_args.py: ref_model is model)."""
    beta = command.number("beta")
    return command.grpo and not command.lora and (0.04 if beta is None else beta) != 0


def sequence_tokens(command: Command) -> int:
    """Tokens of the longest training sequence; without --max_length a prompt counts 1024."""
    prompt = command.whole("max_length") or 1024
    return prompt + (command.whole("max_completion_length") or 512) if command.grpo else prompt


def _activations(command: Command, model: Model) -> dict[str, float]:
    """Activations with gradient checkpointing: one hidden state per layer, and the inside of one layer (34 bytes per
    hidden unit and token: arXiv:2205.05198 without the attention matrix, which flash and sdpa do not keep). Logits and
    their gradient in 32 bits; in GRPO only of the completion's tokens."""
    batch = command.whole("per_device_train_batch_size") or 1
    hidden, layers, vocabulary = (model.size(n) for n in ("hidden_size", "num_hidden_layers", "vocab_size"))
    tokens = batch * sequence_tokens(command)
    checkpointed = command.true("gradient_checkpointing")
    inside = tokens * (34 * hidden + 8 * model.size("intermediate_size"))
    kept = sequence_tokens(command)
    if command.grpo:  # of each turn; --max_length bounds the turns before the last one
        turns = (command.whole("max_turns") or 1) if command.given("multi_turn_scheduler") else 1
        kept = min(turns * (command.whole("max_completion_length") or 512), kept)
    return {
        "activations": 2 * tokens * hidden * layers + inside if checkpointed else inside * layers,
        "logits": 8.0 * batch * kept * vocabulary,
    }


def cache_bytes(model: Model) -> float:
    """Bytes of one token's keys and values in 16 bits."""
    return 4.0 * model.size("num_hidden_layers") * model.kv_heads * model.head_size


def _generation(command: Command, model: Model) -> float:
    return cache_bytes(model) * (command.whole("per_device_train_batch_size") or 1) * sequence_tokens(command)


@dataclass
class Share:
    """vLLM's part of a card: what it may take of it, its weights, and what is left for keys and values, in bytes."""

    utilization: float
    weights: float
    a_token: float  # bytes

    def taken(self, card: float) -> float:
        return self.utilization * card

    def cache(self, card: float) -> float:
        return self.taken(card) - self.weights - 2 * CONTEXT


def engine(command: Command) -> Share | None:
    """The engine of a rollout server, or of a trainer in colocate mode."""
    model = model_of(command)
    if not model or not model.parameters or (command.kind != "rollout" and command.vllm != "colocate"):
        return None
    tensor = command.whole("vllm_tensor_parallel_size") or 1
    utilization = command.number("vllm_gpu_memory_utilization")
    width = 4 if command.text("torch_dtype") == "float32" else 2
    return Share(
        0.9 if utilization is None else utilization, model.parameters * width / tensor, cache_bytes(model) / tensor
    )


# ---- disk
def checkpoint_bytes(command: Command) -> float:
    """Bytes of a checkpoint, with its optimizer unless --save_only_model; 0 if not known."""
    model = model_of(command)
    if not model or not model.parameters or not command.trains:
        return 0
    only_model = command.true("save_only_model")
    if command.lora:
        trained = lora_parameters(command, model)
        return trained * (4 if only_model else 12)
    return model.parameters * (2 if only_model else 2 + (12 if zero_stage(command) else 4))


# ---- time
def steps_of(command: Command, rows: int | None) -> int | None:
    """Optimizer steps of the run, by transformers' arithmetic over ms-swift's batch; None if not known."""
    if limit := command.whole("max_steps"):
        return limit
    epochs = command.number("max_epochs") or command.number("num_train_epochs")
    if not rows or not epochs or epochs <= 0:
        return None
    per_device = command.whole("per_device_train_batch_size") or 1
    accumulation = (
        (command.whole("gradient_accumulation_steps") or 1) if command.given("gradient_accumulation_steps") else 1
    )
    if not command.grpo:
        return math.ceil(epochs * math.ceil(rows / (command.ranks * per_device * accumulation)))
    group, batch = command.whole("num_generations", 2), generation_batch(command)
    if not group or not batch or batch % group:
        return None
    generations = rows // (batch // group)
    micro_steps = generations * (batch // (command.ranks * per_device)) * (command.whole("num_iterations") or 1)
    return math.ceil(epochs * max(micro_steps // accumulation, 1)) if generations else 0


def workload(command: Command, rows: int | None) -> str:
    """One line: steps, prompts, completions, and tokens to be generated at most."""
    steps, batch, group = steps_of(command, rows), generation_batch(command), command.whole("num_generations", 2)
    if not steps or not batch or not group or batch % group or not command.grpo:
        return ""
    accumulation = command.whole("gradient_accumulation_steps") or 1
    micro = command.ranks * (command.whole("per_device_train_batch_size") or 1)
    generations = math.ceil(steps * accumulation * micro / batch / (command.whole("num_iterations") or 1))
    completions = generations * batch
    tokens = completions * (command.whole("max_completion_length") or 512)
    return (
        f"{steps:,} steps; {generations:,} generations of {batch // group} prompts x {group} = {batch} completions:"
        f" {completions // group:,} prompts, {completions:,} completions, at most {tokens_in_words(tokens)}"
        " tokens to generate"
    )
