"""The environment of a launch: variables that are left over, misspelt or out of range, and ports that are taken."""

import difflib
import re
import socket
from collections.abc import Iterator

from swift_grpo.check.cards import HERE as THIS
from swift_grpo.check.cards import machines
from swift_grpo.check.problem import Problem, advice, warning
from swift_grpo.check.server import EVERY_INTERFACE, LOOPBACK, addresses
from swift_grpo.formats.command_line import Command

TORCHRUN = ("NPROC_PER_NODE", "NNODES", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT")  # cli/main.py get_torchrun_args
READ = (
    *TORCHRUN,
    "NODES",  # scripts/train_multi_node.sh
    *"CUDA_VISIBLE_DEVICES USE_HF GRPO_REWARDS HF_HOME HF_ENDPOINT HF_HUB_CACHE HF_HUB_OFFLINE HF_TOKEN MODELSCOPE_CACHE".split(),
    *"MODELSCOPE_API_TOKEN OMP_NUM_THREADS PYTORCH_CUDA_ALLOC_CONF NCCL_DEBUG NCCL_SOCKET_IFNAME NCCL_P2P_DISABLE".split(),
    *"NCCL_IB_DISABLE VLLM_USE_V1 VLLM_WORKER_MULTIPROC_METHOD WANDB_API_KEY WANDB_PROJECT SWANLAB_API_KEY".split(),
    *"TOKENIZERS_PARALLELISM CUDA_DEVICE_MAX_CONNECTIONS MAX_PIXELS PYTHONPATH VLLM_PLUGINS VLLM_CPU_KVCACHE_SPACE".split(),
)
# a variable that people set -> the one the recipes read
RECIPES = {
    "GPU": "GPUS",
    "DATA": "DATASET",
    "DATASETS": "DATASET",
    "MODEL_PATH": "MODEL",
    "MODEL_NAME": "MODEL",
    "MODELS": "MODEL",
    "OUTPUT": "OUTPUT_DIR",
    "OUT_DIR": "OUTPUT_DIR",
    "OUTDIR": "OUTPUT_DIR",
    "VLLM_GPU": "VLLM_GPUS",
    "NUM_GPUS": "GPUS",
    "NGPUS": "GPUS",
    "DEVICES": "GPUS",
}
CARD = re.compile(r"\d+|-1|(GPU|MIG)-[\w/.-]+")
HERE = "127.0.0.1"
NEAR = 0.9  # difflib's ratio from which a name is a misspelling


def check_variables(commands: list[Command]) -> Iterator[Problem]:
    for command in commands:
        yield from _misspelt(command)
        if command.trains or command.kind == "rollout":
            yield from _torchrun(command)
        yield from _cards(command)
        yield from _backend(command)


def _misspelt(command: Command) -> Iterator[Problem]:
    for name in command.environ:
        if name in READ or not name.isupper():
            continue
        near = difflib.get_close_matches(name, READ, n=1, cutoff=NEAR)
        if near and near[0] not in command.assigned:
            yield warning(f"{name} is set, and nobody reads it", f"did you mean {near[0]}?")
        elif name in RECIPES and RECIPES[name] not in command.environ and command.trains:
            yield advice(
                f"{name} is set, and no recipe reads it", f"if it is meant for a recipe, write {RECIPES[name]}=…"
            )


def _cards(command: Command) -> Iterator[Problem]:
    """CUDA ignores what stands behind a name that it does not know, so that fewer cards or none are seen."""
    given = command.environ.get("CUDA_VISIBLE_DEVICES", "")
    bad = [card.strip() for card in given.split(",") if not CARD.fullmatch(card.strip())]
    if given.strip() and bad and not command.on_cpu:
        span = re.fullmatch(r"(\d{1,3})\s*(?:-|\.\.|:)\s*(\d{1,3})", bad[0])
        meant = range(int(span[1]), int(span[2]) + 1) if span else [int(n) for n in re.findall(r"\d{1,3}", given)]
        yield Problem(
            f"CUDA_VISIBLE_DEVICES={given} (GPUS in a recipe): {bad[0] or 'nothing, between commas,'} is not a card's number",
            f"write numbers with commas: {','.join(map(str, meant)) or '0,1'}",
        )


def _torchrun(command: Command) -> Iterator[Problem]:
    e = command.environ
    visible = [card for card in e.get("CUDA_VISIBLE_DEVICES", "").split(",") if card.strip()]
    for name, least, example in (
        ("NPROC_PER_NODE", 1, f"{len(visible) or 1}, a positive number"),
        ("NNODES", 1, "1"),
        ("NODE_RANK", 0, "0"),
    ):
        value = e.get(name)
        if value is None or (name == "NPROC_PER_NODE" and value in {"auto", "gpu", "cpu"}):
            continue
        if name == "NNODES" and re.fullmatch(r"\d+:\d+", value):
            continue
        number = command.variable(name)
        if number is None or number < least:
            yield Problem(
                f"{name}={value} is no whole number of at least {least} (torchrun)",
                f"use {name}={example}, or unset it",
            )
    port = e.get("MASTER_PORT")
    if port is not None and not 1 <= (command.variable("MASTER_PORT") or 0) <= 65535:
        yield Problem(f"MASTER_PORT={port} is no TCP port (1 to 65535)", "use a free one, such as 29500")
    nodes, rank = command.variable("NNODES") or 1, command.variable("NODE_RANK") or 0
    if nodes > 1:
        if not e.get("MASTER_ADDR"):
            yield Problem(
                f"NNODES={nodes} without MASTER_ADDR: torchrun waits at 127.0.0.1 for nodes that cannot come",
                "set MASTER_ADDR to the first node's address, and MASTER_PORT to a free port of it",
            )
        if "NODE_RANK" not in e:
            yield warning(
                f"NNODES={nodes} without NODE_RANK: every node takes itself for the first",
                "set NODE_RANK=0 on the first, 1 on the second, …",
            )
        if not e.get("MASTER_PORT"):
            yield warning(
                f"NNODES={nodes} without MASTER_PORT", "set the same MASTER_PORT on every node, such as 29500"
            )
    if rank >= nodes and nodes >= 1 and "NODE_RANK" in e:
        yield Problem(
            f"NODE_RANK={rank} of NNODES={nodes}: ranks of nodes are 0 to {nodes - 1}",
            f"use NODE_RANK={'0' if nodes == 1 else f'0 to {nodes - 1}'}",
        )


def _backend(command: Command) -> Iterator[Problem]:
    if not command.trains:
        return
    backend = command.text("ddp_backend")
    if command.on_cpu and command.ranks > 1 and backend not in {"gloo", "mpi"}:
        yield Problem(
            f"{command.ranks} ranks on a CPU without --ddp_backend gloo: every rank believes that it is rank 0",
            "add --ddp_backend gloo",
        )
    elif not command.on_cpu and command.ranks > 1 and backend in {"gloo", "mpi"}:
        yield warning(
            f"--ddp_backend {backend} on cards is many times slower than nccl", "use --ddp_backend nccl, or remove it"
        )


# ---- ports
def check_ports(commands: list[Command]) -> Iterator[Problem]:
    """Ports that two parts of the launch want, and ports that somebody else has."""
    wanted: dict[tuple[str, int], str] = {}
    for command, machine in zip(commands, machines(commands), strict=True):
        for host, port, what, fix in _ports(command):
            host = machine if host == HERE and machine != THIS else host
            if (host, port) in wanted:
                yield Problem(
                    f"port {port} is wanted twice: as {wanted[host, port]} and as {what}",
                    f"use another free port: {fix} {_free(port)}",
                )
            elif host == HERE and taken(port):
                yield Problem(
                    f"port {port}, the launch's {what}, is taken by another program",
                    f"use another free one: {fix} {_free(port)}",
                    machine=True,
                )
            wanted[host, port] = what


def _ports(command: Command) -> list[tuple[str, int, str, str]]:
    """(address, port, what it is, how it is named) of those that the command will listen on; of the machines of a launch
    each listens on the address that it has among them."""
    found = []
    if command.kind in {"rollout", "deploy"} and (port := command.whole("port")):
        host = command.text("host") or HERE
        found.append((HERE if host in LOOPBACK | EVERY_INTERFACE else host, port, "server's port (--port)", "--port"))
    if command.vllm == "server":
        hosts = [host for host, _ in addresses(command)] or ["127.0.0.1"]
        given = [int(p) for p in command.values("vllm_server_group_port") if p.isdigit()]
        ports = given or [51216 + n for n in range(len(hosts))]  # rlhf_trainers/vllm_client.py
        for host, port in zip(hosts, ports, strict=False):
            if host in LOOPBACK | EVERY_INTERFACE:
                found.append((HERE, port, "port for the weight sync", "--vllm_server_group_port"))
    first = command.trains and command.environ.get("NPROC_PER_NODE") and not (command.variable("NODE_RANK") or 0)
    if first and (port := command.variable("MASTER_PORT")):
        found.append((HERE, port, "port of torchrun (MASTER_PORT)", "MASTER_PORT"))
    return [row for row in found if 1 <= row[1] <= 65535]


def taken(port: int) -> bool:
    """Whether somebody listens on the port of this machine."""
    with socket.socket() as one:
        one.settimeout(0.2)
        return one.connect_ex(("127.0.0.1", port)) == 0


def _free(near: int) -> int:
    """A port that is free at this moment, `near` one if it can be."""
    for port in range(near + 1, min(near + 20, 65536)):
        if not taken(port):
            return port
    return near
