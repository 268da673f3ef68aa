"""Are the cards that a command asks for on this machine, its own, and as many as it has ranks?"""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from swift_grpo.check.problem import ERROR, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.check.server import EVERY_INTERFACE, LOOPBACK, addresses
from swift_grpo.formats.command_line import Command
from swift_grpo.launch.interfaces import interface_of

ASK = ["nvidia-smi", "--query-gpu=index,memory.total,memory.used", "--format=csv,noheader,nounits"]
PATIENCE_SECONDS = 20
HERE = "this machine"
rules(
    Rule("cards/two-parts", ERROR, "card {shared} is used by `swift {first}` and by `swift {second}` (CUDA_VISIBLE_DEVICES)",
         "give each its own cards{free}",
         "each part fills the memory of its cards: the second one runs out of it"),
    Rule("cards/none-named", ERROR, "CUDA_VISIBLE_DEVICES names no card, and --use_cpu is not given",
         "name one (CUDA_VISIBLE_DEVICES=0), or use DEVICE=cpu, --use_cpu true, with a tiny model", "CUDA hides every card"),
    Rule("cards/no-gpu", ERROR, "no GPU is visible (nvidia-smi lists none)",
         "run on a machine with one, or use DEVICE=cpu with a tiny model", "PATH has no nvidia-smi that lists a card"),
    Rule("cards/named-twice", ERROR, "CUDA_VISIBLE_DEVICES={given} names card {twice} twice",
         "name each once: {once}, or as many different cards", "a card is one device, however many times it is named"),
    Rule("cards/absent", ERROR, "card {absent} is not there: this machine has {present}", "correct GPUS (CUDA_VISIBLE_DEVICES)",
         "CUDA ignores the cards listed after one that it does not know", machine=True),
    Rule("cards/too-many-ranks", ERROR, "NPROC_PER_NODE={ranks} ranks, and {count} cards are visible",
         "use NPROC_PER_NODE={count}, or name more cards", "torchrun gives each rank a card of its own"),
    Rule("cards/ranks-do-not-divide", ERROR, "NPROC_PER_NODE={ranks} does not divide the {count} visible cards ({why})",
         "use NPROC_PER_NODE={count}, or CUDA_VISIBLE_DEVICES={first}", "utils/env.py: assert n_gpu % local_world_size == 0"),
    Rule("cards/device-map", ERROR,
         "{count} cards for {ranks} rank{plural}: {what} is not compatible with a device_map over several cards ({why})",
         "set NPROC_PER_NODE={count}, or CUDA_VISIBLE_DEVICES={first}", "arguments/sft_args.py"),
    Rule("cards/ranks-from-shell", WARNING,
         "NPROC_PER_NODE={ranks} comes from the shell, not from the command: torchrun starts {ranks} ranks",
         "unset NPROC_PER_NODE if that is not meant, or write it before `swift`",
         "cli/main.py get_torchrun_args reads the environment"),
    Rule("cards/server-too-few", ERROR,
         "--vllm_tensor_parallel_size {tensor} x --vllm_data_parallel_size {data} need {need} cards, and the rollout server sees {count} ({why})",
         "name {need} cards in CUDA_VISIBLE_DEVICES, or use --vllm_tensor_parallel_size {fewer} --vllm_data_parallel_size {copies}",
         "arguments/deploy_args.py:146"),
    Rule("cards/server-idle", WARNING, "the rollout server sees {count} cards and uses {used} (tensor x data parallel)",
         "use --vllm_data_parallel_size {copies}, or give the others to the trainer",
         "vLLM uses tensor x data parallel cards, and leaves the others idle"),
)  # fmt: skip


@dataclass(frozen=True)
class Card:
    """One card, as nvidia-smi lists it; memory in GiB."""

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
    """What CUDA_VISIBLE_DEVICES names; None if it is not set. MIG and GPU- identifiers stay as they are."""
    wanted = command.environ.get("CUDA_VISIBLE_DEVICES")
    return None if wanted is None else [card.strip() for card in wanted.split(",") if card.strip()]


def visible(command: Command, cards: list[Card]) -> int:
    """How many cards the command will see."""
    wanted = named(command)
    return len(cards) if wanted is None else len(wanted)


def own_cards(command: Command, cards: list[Card]) -> list[Card]:
    """The cards of this machine that the command will see, if they are named by number."""
    wanted = named(command)
    return [card for card in cards if wanted is None or str(card.index) in wanted]


def machines(commands: list[Command]) -> list[str]:
    """The machine of each command: HERE for the first trainer, for a server its --host, or where trainers look for it."""
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
    """The cards of each command, and cards that two commands on one machine share."""
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
                others = f"; free: {', '.join(free)}" if free else ""
                kinds = {"first": first.kind, "second": second.kind}
                yield found("cards/two-parts", shared=", ".join(shared), free=others, **kinds)


def _own(command: Command, cards: list[Card]) -> Iterator[Problem]:
    wanted = named(command)
    if wanted == [] or (wanted and wanted[0].startswith("-")):
        yield found("cards/none-named")
        return
    if not cards:
        yield found("cards/no-gpu")
        return
    twice = sorted({card for card in wanted or () if (wanted or []).count(card) > 1})
    if twice:
        once = ",".join(dict.fromkeys(wanted or ()))
        yield found("cards/named-twice", given=",".join(wanted or ()), twice=", ".join(twice), once=once)
    indices = {card.index for card in cards}
    absent = [card for card in dict.fromkeys(wanted or ()) if card.isdigit() and int(card) not in indices]
    if absent:
        yield found("cards/absent", absent=", ".join(absent), present=", ".join(map(str, sorted(indices))))
    if twice or absent:
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
    counts = {"ranks": ranks, "count": count}
    first = ",".join((named(command) or [str(n) for n in range(count)])[:ranks])
    if launched and ranks > count:
        yield replace(found("cards/too-many-ranks", **counts), machine=named(command) is None)
    elif launched and count % ranks:
        yield replace(found("cards/ranks-do-not-divide", first=first, **counts), machine=named(command) is None)
    elif count > ranks and (command.given("deepspeed", "fsdp") or command.vllm or command.true("use_liger_kernel")):
        asked = {
            "DeepSpeed": command.given("deepspeed"),
            "FSDP": command.given("fsdp"),
            "vLLM": command.vllm,
            "Liger": True,
        }
        what = next(name for name, given in asked.items() if given)
        yield found("cards/device-map", what=what, first=first, plural="s" * (ranks > 1), **counts)
    if launched and "NPROC_PER_NODE" not in command.assigned and command.environ.get("NPROC_PER_NODE") and ranks > 1:
        yield found("cards/ranks-from-shell", ranks=ranks)


def _server(command: Command, count: int) -> Iterator[Problem]:
    if command.kind != "rollout":
        return
    tensor, data = command.whole("vllm_tensor_parallel_size"), command.whole("vllm_data_parallel_size")
    if not tensor or not data:
        return
    if tensor * data > count:
        fewer = max(1, count // data)
        copies = max(1, count // (fewer if tensor > count else tensor))
        sizes = {"tensor": tensor, "data": data, "need": tensor * data, "count": count}
        yield found("cards/server-too-few", fewer=fewer, copies=copies, **sizes)
    elif tensor * data < count:
        yield found("cards/server-idle", count=count, used=tensor * data, copies=count // tensor)
