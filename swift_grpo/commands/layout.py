"""The layout of a recipe's run: the cards that serve and train, the batch, the ports, and the command of each flag.

Cards come from the variables GPUS (or CUDA_VISIBLE_DEVICES), SERVE_GPUS and TENSOR_PARALLEL; a bad value raises a
ValueError that names the variable. `flags`: the training command's flags by name, those of its configuration first.
"""

import os
from collections.abc import Iterator

from swift_grpo.check.batch import fit_accumulation
from swift_grpo.check.cards import present_cards
from swift_grpo.check.server import reader
from swift_grpo.launch.ports import free_ports

AT_LEAST = 14  # completions per step, as in the eight-card run


def served(on_cpu: bool) -> dict[str, object]:
    """The layout without a trainer: GPUS (default: the first ones, for one copy) and COPIES of TENSOR_PARALLEL cards
    each. On a CPU one copy uses all cores."""
    tensor = _positive("TENSOR_PARALLEL", os.environ.get("TENSOR_PARALLEL") or "1")
    cards = _cards("GPUS", (not on_cpu and _named()) or ",".join(map(str, range(tensor))))
    return {"GPUS": ",".join(cards), "COPIES": _copies("GPUS", cards, tensor), "TENSOR_PARALLEL": tensor}


def trained(flags: dict[str, list[str]], machines: int, serving_machines: str, anywhere: bool) -> dict[str, object]:
    """The layout with a trainer: CARDS, divided into SERVING and TRAINING ones on a machine that serves; COPIES in its
    server, of TENSOR_PARALLEL cards each; RANKS of all machines; ACCUMULATION; HOST and free ports on this machine.

    `serving_machines`: the variable SERVERS, "" if vLLM is in the trainer. `anywhere`: assume eight cards if there are
    none.
    """
    if serving_machines and not (serving_machines.isdigit() and 1 <= int(serving_machines) <= machines):
        raise ValueError(f"SERVERS={serving_machines} is not a number from 1 to the {machines} machines of NODES")
    servers = int(serving_machines or 0)
    parallel = _last(flags, "vllm_tensor_parallel_size", os.environ.get("TENSOR_PARALLEL") or "1")
    tensor = _positive("TENSOR_PARALLEL (--vllm_tensor_parallel_size)", parallel)
    present = _named() or ",".join(str(card.index) for card in present_cards(os.environ.get("PATH", "")))
    cards = _cards("GPUS", present or ("0,1,2,3,4,5,6,7" if anywhere else ""))
    default = cards if machines > 1 else cards[-1:]
    serving = _cards("SERVE_GPUS", os.environ.get("SERVE_GPUS") or ",".join(default)) if servers else []
    for card in serving:
        if card not in cards:
            raise ValueError(
                f"SERVE_GPUS={','.join(serving)} names card {card}, which is not in GPUS={','.join(cards)}"
            )
    training = [card for card in cards if card not in serving]
    ranks = (machines - servers) * len(cards) + servers * len(training)
    if not ranks:
        more = (
            "GPUS, or use scripts/train_single_gpu.sh"
            if machines == 1
            else "NODES, or let fewer cards serve: SERVE_GPUS=7"
        )
        raise ValueError(
            f"of {len(cards)} card(s) on each of {machines} machine(s) {len(serving)} serve on {servers}: none is left to"
            f" train; name more in {more}"
        )
    master_port, server_port, sync_port = free_ports(3)  # ms-swift's defaults collide with a second job on the machine
    return {
        "CARDS": ",".join(cards),
        "SERVING": ",".join(serving),
        "TRAINING": ",".join(training),
        "RANKS": ranks,
        "TENSOR_PARALLEL": tensor,
        "COPIES": _copies("SERVE_GPUS", serving, tensor) if servers else _copies("GPUS", cards, tensor),
        "ACCUMULATION": _accumulation(flags, ranks),
        "HOST": _last(flags, "vllm_server_host", "127.0.0.1"),
        "MASTER_PORT": master_port,
        "SERVER_PORT": _last(flags, "vllm_server_port", str(server_port)),
        "SYNC_PORT": sync_port,
    }


def handed_out(words: list[str]) -> Iterator[tuple[str, str]]:
    """Each word of the caller's flags with the array of the command that reads it; a word for both comes twice.

    >>> list(handed_out(["--beta", "0", "--template=qwen"]))
    [('TRAIN_FLAGS+', '--beta'), ('TRAIN_FLAGS+', '0'), ('SERVER_FLAGS+', '--template=qwen'), ('TRAIN_FLAGS+', '--template=qwen')]
    """
    who = "trainer"
    for word in words:
        if word.startswith("--"):
            who = reader(word[2:].partition("=")[0])
        if who != "trainer":
            yield "SERVER_FLAGS+", word
        if who != "server":
            yield "TRAIN_FLAGS+", word


def _accumulation(flags: dict[str, list[str]], ranks: int) -> str:
    """The caller's gradient accumulation, else one that makes ranks x batch x accumulation a multiple of G."""
    if "gradient_accumulation_steps" in flags:
        return _last(flags, "gradient_accumulation_steps", "")
    batch = _positive("--per_device_train_batch_size", _last(flags, "per_device_train_batch_size", "1"))
    group = _positive("--num_generations", _last(flags, "num_generations", "8"))  # ms-swift's defaults
    return str(fit_accumulation(ranks, batch, group, AT_LEAST))


def _last(flags: dict[str, list[str]], name: str, default: str) -> str:
    return (flags.get(name) or [default])[-1]


def _named() -> str:
    return os.environ.get("GPUS") or os.environ.get("CUDA_VISIBLE_DEVICES") or ""


def _cards(name: str, text: str) -> list[str]:
    cards = [card.strip() for card in text.split(",") if card.strip()]
    if twice := [card for card in cards if cards.count(card) > 1]:
        raise ValueError(f"{name}={text} names card {twice[0]} twice")
    return cards


def _copies(name: str, cards: list[str], tensor: int) -> int:
    if len(cards) % tensor:
        raise ValueError(
            f"the {len(cards)} card(s) of {name}={','.join(cards)} cannot be shared out by TENSOR_PARALLEL={tensor}"
            f" (--vllm_tensor_parallel_size); name {tensor} cards or a multiple of {tensor}"
        )
    return len(cards) // tensor


def _positive(name: str, text: str) -> int:
    if not (text.isdigit() and int(text)):
        raise ValueError(f"{name}={text} is not a positive number")
    return int(text)
