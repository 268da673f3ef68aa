"""Does the run fit on its cards? Compares estimates with what nvidia-smi reports."""

import math
from collections.abc import Iterator

from swift_grpo.check.cards import Card, own_cards
from swift_grpo.check.estimate import GB, Share, engine, gigabytes, training, zero_stage
from swift_grpo.check.problem import ERROR, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.formats.command_line import Command

BYTES = 1024**3  # a Card counts in GiB
LEAST_CACHE = 0.3e9  # bytes of keys and values; vLLM cannot work with less
BUSY = 0.1  # share of a card that others may use without a warning
rules(
    Rule("memory/card-busy", ERROR,
         "card {card} is busy: {used:.0f} of {memory:.0f} GB of its memory are in use, {free:.0f} GB are free (the run needs at least {need:.0f})",
         "wait for it, stop what uses it, or take another card: GPUS=…", "nvidia-smi; estimate.py computes the need",
         machine=True),
    Rule("memory/card-in-use", WARNING, "card {card} is in use by another program: {used:.0f} of {memory:.0f} GB",
         "take a free card, or wait", "nvidia-smi: more than a tenth of its memory", machine=True),
    Rule("memory/no-cache", ERROR,
         "the rollout server has {taken:.0f} GB (--vllm_gpu_memory_utilization {utilization:g} of {card:.0f} GB), and the model's weights alone have {weights:.0f} GB: no memory is left for keys and values",
         "use a larger --vllm_gpu_memory_utilization 0.9, --vllm_tensor_parallel_size 2 with more cards, or a smaller model",
         "vLLM: No available memory for the cache blocks", machine=True),
    Rule("memory/beside-vllm", ERROR,
         "the memory of a card is too small: vLLM takes {taken:.0f} GB (--vllm_gpu_memory_utilization {utilization:g}), the trainer keeps {kept:.0f} GB, the card has {card:.0f} GB",
         "use {ways}", "estimate.py computes it", machine=True),
    Rule("memory/too-small", ERROR, "{estimate}: more memory than a card has ({card:.0f} GB), whatever the batch", "use {ways}",
         "estimate.py computes it", machine=True),
    Rule("memory/longest-batch", WARNING, "{estimate}: the longest batch may not fit into a card of {card}{held}", "use {ways}",
         "estimate.py computes it; peaks depend on the longest batch", machine=True),
)  # fmt: skip


def check_memory(command: Command, cards: list[Card]) -> Iterator[Problem]:
    """Whether the command's weights, optimizer, activations and vLLM fit on `cards`, the cards of this machine."""
    own = own_cards(command, cards)
    if not own or command.on_cpu or min(card.memory for card in own) <= 0:
        return
    smallest = min(own, key=lambda card: card.free)
    share, wanted = engine(command), training(command)
    need = (wanted.sure if wanted else 0) + (share.weights if share else 0)
    busy = smallest.used > BUSY * smallest.memory
    in_use = {"card": smallest.index, "used": smallest.used, "memory": smallest.memory}
    if busy and (
        need > smallest.free * BYTES
        or (share and command.kind == "rollout" and share.taken(smallest.memory) > smallest.free)
    ):
        least = max(need, share.taken(smallest.memory * BYTES) if share else 0) / BYTES
        yield found("memory/card-busy", free=smallest.free, need=least, **in_use)
        return
    if busy:
        yield found("memory/card-in-use", **in_use)
    least = min(card.memory for card in own) * BYTES
    if command.kind == "rollout":
        yield from _engine(share, least) if share else ()
    elif wanted:
        yield from _training(command, wanted, share, least)


def _engine(share: Share, card: float) -> Iterator[Problem]:
    if share.cache(card) < LEAST_CACHE:
        sizes = {"taken": share.taken(card) / GB, "card": card / GB, "weights": share.weights / GB}
        yield found("memory/no-cache", utilization=share.utilization, **sizes)


def _training(command: Command, wanted, share: Share | None, card: float) -> Iterator[Problem]:
    sleeping, offloaded = (command.number("sleep_level") or 0) > 0, command.true("offload_model")
    sure, total = wanted.sure, wanted.total
    if share:
        taken = share.taken(card)
        if share.cache(card) < LEAST_CACHE:
            yield from _engine(share, card)
            return
        weights = 0 if offloaded else wanted.parts["weights"]
        if sleeping:  # vLLM gives its memory back for the step; the trainer's weights stay while it generates
            rest = 0 if command.true("offload_optimizer") else wanted.parts.get("optimizer", 0)
            beside = weights + rest + wanted.parts.get("adapter", 0) + taken
        else:
            beside = sure + taken
        if beside > card:
            ways = [*_from_vllm(share, beside, card, sleeping), "--offload_model true --offload_optimizer true"]
            sizes = {"taken": taken / GB, "kept": (beside - taken) / GB, "card": card / GB}
            yield found("memory/beside-vllm", utilization=share.utilization, ways=", or ".join(ways), **sizes)
            return
        total += 0 if sleeping else taken
    if sure > card:
        yield found("memory/too-small", estimate=wanted, card=card / GB, ways=", or ".join(_smaller(command)))
    elif total > card:
        held = f" next to vLLM's {gigabytes(share.taken(card))}" if share and not sleeping else ""
        ways = [*(_from_vllm(share, total, card, sleeping) if share and held else []), *_smaller_batch(command)]
        yield found("memory/longest-batch", estimate=wanted, card=gigabytes(card), held=held, ways=", or ".join(ways))


def _from_vllm(share: Share, total: float, card: float, sleeping: bool) -> list[str]:
    """What takes memory from vLLM: sleep while the trainer steps, and a smaller share that still holds the weights."""
    least = math.ceil(10 * (share.taken(card) - share.cache(card) + LEAST_CACHE) / card) / 10
    lower = max(least, math.floor(10 * (card - (total - share.taken(card))) / card - 1) / 10)
    ways = [] if sleeping else ["--sleep_level 1"]
    return ways + ([f"a lower --vllm_gpu_memory_utilization {lower:g}"] if lower < share.utilization else [])


def _smaller(command: Command) -> list[str]:
    ways, sharded = ["a smaller model"], _sharded(command)
    if not command.lora:
        ways = ["--tuner_type lora", f"--deepspeed {'' if sharded else 'zero3 or '}zero3_offload", "more cards", *ways]
        ways += ["--beta 0 (no reference model)"] if command.number("beta") != 0 and command.grpo else []
    elif not sharded and not command.given("quant_method"):
        ways = ["--quant_method bnb --quant_bits 4", "--deepspeed zero3 with more cards", *ways]
    return ways


def _sharded(command: Command) -> bool:
    return (zero_stage(command) or (0,))[0] == 3


def _smaller_batch(command: Command) -> list[str]:
    batch = command.whole("per_device_train_batch_size") or 1
    ways = [f"--per_device_train_batch_size {batch // 2} with twice the accumulation"] if batch > 1 else []
    ways += ["a smaller --max_completion_length"]
    if not command.true("gradient_checkpointing"):
        ways += ["--gradient_checkpointing true"]
    elif command.ranks > 1 and not command.given("quant_method") and not _sharded(command):
        ways += ["--deepspeed zero3"]
    return ways
