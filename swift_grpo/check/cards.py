"""Are the cards that a command asks for on this machine, its own, and as many as it has ranks?"""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from swift_grpo.check.problem import Problem, warning
from swift_grpo.check.server import EVERY_INTERFACE, LOOPBACK, addresses
from swift_grpo.formats.command_line import Command
from swift_grpo.launch.interfaces import interface_of

ASK = ["nvidia-smi", "--query-gpu=index,memory.total,memory.used", "--format=csv,noheader,nounits"]
PATIENCE_SECONDS = 20
HERE = "this machine"


@dataclass(frozen=True)
class Card:
    """One card, as nvidia-smi lists it; memory in GB (10^9 bytes would be 7% more: these are GiB)."""

    index: int
    memory: float
    used: float

    @property
    def free(self) -> float:
        return self.memory - self.used


def present_cards(path: str) -> list[Card]:
    """The cards nvidia-smi lists; empty without a working driver. `path` is PATH."""
    return list(_present(path))


@lru_cache(maxsize=4)
def _present(path: str) -> tuple[Card, ...]:
    program = shutil.which("nvidia-smi", path=path)
    if not program:
        return ()
    try:
        listed = subprocess.run([program, *ASK[1:]], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    if listed.returncode:
        return ()
    cards = []
    for line in listed.stdout.splitlines():
        words = [word.strip() for word in line.split(",")]
        if words and words[0].isdigit():
            memory, used = [_mib(word) for word in [*words[1:3], "", ""][:2]]
            cards.append(Card(int(words[0]), memory / 1024, used / 1024))
    return tuple(cards)


def _mib(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # "[N/A]", as on machines whose memory is shared
        return 0.0


def named(command: Command) -> list[str] | None:
    """What CUDA_VISIBLE_DEVICES names, None where it is not set. MIG and GPU- identifiers stay as they are."""
    wanted = command.environ.get("CUDA_VISIBLE_DEVICES")
    return None if wanted is None else [card.strip() for card in wanted.split(",") if card.strip()]


def visible(command: Command, cards: list[Card]) -> int:
    """How many cards the command will see."""
    wanted = named(command)
    return len(cards) if wanted is None else len(wanted)


def own_cards(command: Command, cards: list[Card]) -> list[Card]:
    """Those of the machine's cards that the command will see, where they are named by number."""
    wanted = named(command)
    return [card for card in cards if wanted is None or str(card.index) in wanted]


def machines(commands: list[Command]) -> list[str]:
    """The machine of each command: HERE is the first trainer's; a server's is its --host, or where trainers ask for it."""
    trainers = [command for command in commands if command.trains]
    first = next((c.environ.get("MASTER_ADDR", "") for c in trainers[:1] if not c.variable("NODE_RANK")), "")
    asked = list(dict.fromkeys(address for trainer in trainers for address in addresses(trainer)))
    near = {"", first, *LOOPBACK, *EVERY_INTERFACE, socket.gethostname()}
    found: list[str] = []
    for command in commands:
        machine = HERE
        if command.trains and (rank := command.variable("NODE_RANK")) != trainers[0].variable("NODE_RANK"):
            machine = f"machine {rank}"
        elif command.kind in {"rollout", "deploy"}:
            host = command.text("host") or "0.0.0.0"
            if host in EVERY_INTERFACE:
                hosts = [one for one, port in asked if port == (command.whole("port") or 8000)]
                earlier = sum(other.kind == command.kind for other in commands[: len(found)])
                host = hosts[min(len(hosts) - 1, earlier)] if hosts else ""
            machine = HERE if host in near or interface_of(host) else host
        found.append(machine)
    return found


def check_cards(commands: list[Command], cards: list[Card]) -> Iterator[Problem]:
    """All commands of a launch, the cards that two of them on one machine share included."""
    on_gpu = [pair for pair in zip(commands, machines(commands), strict=True) if not pair[0].on_cpu]
    for command, machine in on_gpu:
        if machine != HERE:
            yield from _server(command, len(named(command) or ())) if named(command) else ()
        elif command.kind in {"rlhf", "sft", "pt", "rollout", "infer", "deploy", "export"}:
            yield from _own(command, cards)
    for number, (first, machine) in enumerate(on_gpu):
        for second, other in on_gpu[number + 1 :]:
            shared = sorted(set(named(first) or ()) & set(named(second) or ()))
            if shared and machine == other:
                free = [
                    str(c.index) for c in cards if str(c.index) not in {*(named(first) or ()), *(named(second) or ())}
                ]
                yield Problem(
                    f"card {', '.join(shared)} is used by `swift {first.kind}` and by `swift {second.kind}`"
                    " (CUDA_VISIBLE_DEVICES)",
                    "give each its own cards, others than the other's" + (f"; free: {', '.join(free)}" if free else ""),
                )


def _own(command: Command, cards: list[Card]) -> Iterator[Problem]:
    wanted = named(command)
    if wanted == [] or (wanted and wanted[0].startswith("-")):
        yield Problem(
            "CUDA_VISIBLE_DEVICES names no card, and --use_cpu is not given",
            "name one (CUDA_VISIBLE_DEVICES=0), or use DEVICE=cpu, --use_cpu true, with a tiny model",
        )
        return
    if not cards:
        yield Problem(
            "no GPU is visible (nvidia-smi lists none)",
            "run on a machine with one, or use DEVICE=cpu with a tiny model",
        )
        return
    twice = sorted({card for card in wanted or () if (wanted or []).count(card) > 1})
    if twice:
        yield Problem(
            f"CUDA_VISIBLE_DEVICES={','.join(wanted or ())} names card {', '.join(twice)} twice",
            f"name each once: {','.join(dict.fromkeys(wanted or ()))}, or as many different cards",
        )
        return
    indices = {card.index for card in cards}
    absent = [card for card in wanted or () if card.isdigit() and int(card) not in indices]
    if absent:
        yield Problem(
            f"card {', '.join(absent)} is not there: this machine has {', '.join(map(str, sorted(indices)))}",
            "correct GPUS (CUDA_VISIBLE_DEVICES)",
            machine=True,
        )
        return
    yield from _ranks(command, visible(command, cards))
    yield from _server(command, visible(command, cards))


def _ranks(command: Command, count: int) -> Iterator[Problem]:
    """swift/utils/env.py is_mp: cards must be a multiple of the ranks; more than one each is a device_map."""
    if not command.trains:
        return
    ranks = command.variable("NPROC_PER_NODE")
    launched = ranks is not None or command.variable("NNODES") is not None
    ranks = ranks if ranks and ranks > 0 else 1
    first = ",".join((named(command) or [str(n) for n in range(count)])[:ranks])
    if launched and ranks > count:
        yield Problem(
            f"NPROC_PER_NODE={ranks} ranks, and {count} cards are visible",
            f"use NPROC_PER_NODE={count}, or name more cards",
            machine=named(command) is None,
        )
    elif launched and count % ranks:
        yield Problem(
            f"NPROC_PER_NODE={ranks} does not divide the {count} visible cards (utils/env.py: assert n_gpu %"
            " local_world_size == 0)",
            f"use NPROC_PER_NODE={count}, or CUDA_VISIBLE_DEVICES={first}",
            machine=named(command) is None,
        )
    elif count > ranks and (command.given("deepspeed", "fsdp") or command.vllm or command.true("use_liger_kernel")):
        what = (
            "DeepSpeed"
            if command.given("deepspeed")
            else "FSDP"
            if command.given("fsdp")
            else "vLLM"
            if command.vllm
            else "Liger"
        )
        yield Problem(
            f"{count} cards for {ranks} rank{'s' * (ranks > 1)}: {what} is not compatible with a device_map"
            " over several cards (arguments/sft_args.py)",
            f"set NPROC_PER_NODE={count}, or CUDA_VISIBLE_DEVICES={first}",
        )
    if launched and "NPROC_PER_NODE" not in command.assigned and command.environ.get("NPROC_PER_NODE") and ranks > 1:
        yield warning(
            f"NPROC_PER_NODE={ranks} comes from the shell, not from the command: torchrun starts {ranks} ranks",
            "unset NPROC_PER_NODE if that is not meant, or write it before `swift`",
        )


def _server(command: Command, count: int) -> Iterator[Problem]:
    if command.kind != "rollout":
        return
    tensor, data = command.whole("vllm_tensor_parallel_size"), command.whole("vllm_data_parallel_size")
    if not tensor or not data:
        return
    if tensor * data > count:
        yield Problem(
            f"--vllm_tensor_parallel_size {tensor} x --vllm_data_parallel_size {data} need {tensor * data} cards,"
            f" and the rollout server sees {count} (arguments/deploy_args.py:146)",
            f"name {tensor * data} cards in CUDA_VISIBLE_DEVICES, or use --vllm_tensor_parallel_size"
            f" {max(1, count // data)}"
            " --vllm_data_parallel_size"
            f" {max(1, count // max(1, count // data)) if tensor > count else max(1, count // tensor)}",
        )
    elif tensor * data < count:
        yield warning(
            f"the rollout server sees {count} cards and uses {tensor * data} (tensor x data parallel)",
            f"use --vllm_data_parallel_size {count // tensor}, or give the others to the trainer",
        )
