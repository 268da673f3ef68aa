"""The environment of a launch: variables that are left over, misspelt or out of range, and ports that are taken."""

import difflib
import re
import socket
from collections.abc import Iterator

from swift_grpo.check.cards import HERE as THIS
from swift_grpo.check.cards import machines
from swift_grpo.check.problem import ADVICE, ERROR, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.check.server import EVERY_INTERFACE, LOOPBACK, addresses
from swift_grpo.formats.command_line import Command

TORCHRUN = ("NPROC_PER_NODE", "NNODES", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT")  # cli/main.py get_torchrun_args
READ = (
    *TORCHRUN,
    "NODES",  # scripts/train_multi_gpu.sh
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
    "VLLM_GPU": "SERVE_GPUS",
    "VLLM_GPUS": "SERVE_GPUS",
    "NUM_GPUS": "GPUS",
    "NGPUS": "GPUS",
    "DEVICES": "GPUS",
}
CARD = re.compile(r"\d+|-1|(GPU|MIG)-[\w/.-]+")
HERE = "127.0.0.1"
NEAR = 0.9  # difflib's ratio from which a name is a misspelling
rules(
    Rule("environment/misspelt", WARNING, "{name} is set, but nothing reads it", "did you mean {near}?",
         "it is nearly the name of a variable that is read"),
    Rule("environment/other-recipe-name", ADVICE, "{name} is set, but no recipe reads it",
         "if it is meant for a recipe, write {right}=…", "the recipes read other names"),
    Rule("environment/no-card-number", ERROR, "CUDA_VISIBLE_DEVICES={given} (GPUS in a recipe): {bad} is not a card's number",
         "write numbers with commas: {meant}", "CUDA ignores the cards listed after a name that it does not know"),
    Rule("environment/no-whole-number", ERROR, "{name}={value} is not a whole number of at least {least} ({why})",
         "use {name}={example}, or unset it", "torchrun"),
    Rule("environment/master-port", ERROR, "MASTER_PORT={port} is not a TCP port (1 to 65535)", "use a free one, such as 29500",
         "TCP"),
    Rule("environment/no-master-address", ERROR,
         "NNODES={nodes} without MASTER_ADDR: torchrun waits at 127.0.0.1 for nodes that cannot come",
         "set MASTER_ADDR to the first node's address, and MASTER_PORT to a free port on it",
         "torchrun: --master_addr is 127.0.0.1 by default"),
    Rule("environment/no-node-rank", WARNING, "NNODES={nodes} without NODE_RANK: every node acts as the first",
         "set NODE_RANK=0 on the first, 1 on the second, …", "torchrun: --node_rank is 0 by default"),
    Rule("environment/no-master-port", WARNING, "NNODES={nodes} without MASTER_PORT",
         "set the same MASTER_PORT on every node, such as 29500",
         "torchrun: 29500 by default, which another run on the machine may use"),
    Rule("environment/node-rank-too-large", ERROR, "NODE_RANK={rank} of NNODES={nodes}: node ranks are 0 to {last}",
         "use NODE_RANK={range}", "torchrun"),
    Rule("environment/no-gloo", ERROR, "{ranks} ranks on a CPU without --ddp_backend gloo: every rank acts as rank 0",
         "add --ddp_backend gloo", "without a backend for the CPU torch.distributed is not set up"),
    Rule("environment/gloo-on-cards", WARNING, "--ddp_backend {backend} on cards is many times slower than nccl",
         "use --ddp_backend nccl, or remove it", "gloo and mpi copy through the CPU"),
    Rule("ports/wanted-twice", ERROR, "port {port} is wanted twice: as {first} and as {second}",
         "use another free port: {flag} {free}", "only one program can listen on a port"),
    Rule("ports/taken", ERROR, "port {port}, the launch's {what}, is taken by another program",
         "use another free one: {flag} {free}", "only one program can listen on a port", machine=True),
)  # fmt: skip


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
            yield found("environment/misspelt", name=name, near=near[0])
        elif name in RECIPES and RECIPES[name] not in command.environ and command.trains:
            yield found("environment/other-recipe-name", name=name, right=RECIPES[name])


def _cards(command: Command) -> Iterator[Problem]:
    """CUDA ignores the cards listed after a name that it does not know, so fewer cards or none are seen."""
    given = command.environ.get("CUDA_VISIBLE_DEVICES", "")
    bad = [card.strip() for card in given.split(",") if not CARD.fullmatch(card.strip())]
    if given.strip() and bad and not command.on_cpu:
        span = re.fullmatch(r"(\d{1,3})\s*(?:-|\.\.|:)\s*(\d{1,3})", bad[0])
        meant = range(int(span[1]), int(span[2]) + 1) if span else [int(n) for n in re.findall(r"\d{1,3}", given)]
        numbers = ",".join(map(str, meant)) or "0,1"
        first = bad[0] or "nothing, between commas,"
        yield found("environment/no-card-number", given=given, bad=first, meant=numbers)


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
            yield found("environment/no-whole-number", name=name, value=value, least=least, example=example)
    port = e.get("MASTER_PORT")
    if port is not None and not 1 <= (command.variable("MASTER_PORT") or 0) <= 65535:
        yield found("environment/master-port", port=port)
    nodes, rank = command.variable("NNODES") or 1, command.variable("NODE_RANK") or 0
    if nodes > 1:
        if not e.get("MASTER_ADDR"):
            yield found("environment/no-master-address", nodes=nodes)
        if "NODE_RANK" not in e:
            yield found("environment/no-node-rank", nodes=nodes)
        if not e.get("MASTER_PORT"):
            yield found("environment/no-master-port", nodes=nodes)
    if rank >= nodes and nodes >= 1 and "NODE_RANK" in e:
        span = "0" if nodes == 1 else f"0 to {nodes - 1}"
        yield found("environment/node-rank-too-large", rank=rank, nodes=nodes, last=nodes - 1, range=span)


def _backend(command: Command) -> Iterator[Problem]:
    if not command.trains:
        return
    backend = command.text("ddp_backend")
    if command.on_cpu and command.ranks > 1 and backend not in {"gloo", "mpi"}:
        yield found("environment/no-gloo", ranks=command.ranks)
    elif not command.on_cpu and command.ranks > 1 and backend in {"gloo", "mpi"}:
        yield found("environment/gloo-on-cards", backend=backend)


# ---- ports
def check_ports(commands: list[Command]) -> Iterator[Problem]:
    """Ports that two parts of the launch want, and ports that another program has."""
    wanted: dict[tuple[str, int], str] = {}
    for command, machine in zip(commands, machines(commands), strict=True):
        for host, port, what, flag in _ports(command):
            host = machine if host == HERE and machine != THIS else host
            if (host, port) in wanted:
                first = wanted[host, port]
                yield found("ports/wanted-twice", port=port, first=first, second=what, flag=flag, free=_free(port))
            elif host == HERE and taken(port):
                yield found("ports/taken", port=port, what=what, flag=flag, free=_free(port))
            wanted[host, port] = what


def _ports(command: Command) -> list[tuple[str, int, str, str]]:
    """(address, port, what it is, its flag) of each port that the command listens on. Each of several machines has its
    address in the launch."""
    listens = []
    if command.kind in {"rollout", "deploy"} and (port := command.whole("port")):
        host = command.text("host") or HERE
        listens.append((HERE if host in LOOPBACK | EVERY_INTERFACE else host, port, "server's port (--port)", "--port"))
    if command.vllm == "server":
        hosts = [host for host, _ in addresses(command)] or ["127.0.0.1"]
        given = [int(p) for p in command.values("vllm_server_group_port") if p.isdigit()]
        ports = given or [51216 + n for n in range(len(hosts))]  # rlhf_trainers/vllm_client.py
        for host, port in zip(hosts, ports, strict=False):
            if host in LOOPBACK | EVERY_INTERFACE:
                listens.append((HERE, port, "port for the weight sync", "--vllm_server_group_port"))
    first = command.trains and command.environ.get("NPROC_PER_NODE") and not (command.variable("NODE_RANK") or 0)
    if first and (port := command.variable("MASTER_PORT")):
        listens.append((HERE, port, "port of torchrun (MASTER_PORT)", "MASTER_PORT"))
    return [row for row in listens if 1 <= row[1] <= 65535]


def taken(port: int) -> bool:
    """Whether a program listens on the port of this machine."""
    with socket.socket() as one:
        one.settimeout(0.2)
        return one.connect_ex(("127.0.0.1", port)) == 0


def _free(near: int) -> int:
    """A port that is free now, one of the 19 after `near`; else `near` itself."""
    for port in range(near + 1, min(near + 20, 65536)):
        if not taken(port):
            return port
    return near
