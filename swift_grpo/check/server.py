"""The rollout server against the trainer: what must be the same on both, or fit, across the whole launch."""

import re
import socket
from collections.abc import Iterator
from itertools import product
from urllib.parse import urlsplit

from swift_grpo.check.model import Model, model_of
from swift_grpo.check.problem import ADVICE, ERROR, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.formats.command_line import Command

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
EVERY_INTERFACE = {"0.0.0.0", "::"}
LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # vllm/config/lora.py MaxLoRARanks
CLIENTS = re.compile(r"vllm_(mode|server_.*)")
# flags that shape the prompts, which the server renders, and the trainer scores with its own
ON_BOTH = {
    "template": ERROR,
    "enable_thinking": WARNING,
    "response_prefix": WARNING,
    "template_backend": WARNING,
    "use_chat_template": WARNING,
    "agent_template": WARNING,
    "add_non_thinking_prefix": WARNING,
    "model_type": WARNING,
    "model_revision": WARNING,
    "rope_scaling": WARNING,
    "max_model_len": WARNING,
}
OF_TURNS = ("multi_turn_scheduler", "max_turns", "gym_env")  # may be on one side: turns.py
# what describes the model, which both load
OF_THE_MODEL = {"model", "use_hf", "torch_dtype"}
SHAPE = ("model_type", "hidden_size", "num_hidden_layers", "intermediate_size", "num_attention_heads", "vocab_size")
ONE_SIDE = "--{flag} {value} reaches the {side} only: the server renders the prompts, the trainer scores them"
TO_BOTH = "give --{flag} {value} to both, the {other} too"
DIFFERENT = "--{flag} is {there} for the rollout server and {here} for the trainer: the server renders the prompts, the trainer scores them"
ELSEWHERE = "the trainer asks for a server at {host}:{port} (--vllm_server_port), and the one that is started listens on port {listed}"
rules(
    Rule("server/no-address", ERROR, "--vllm_mode server needs the server's address ({why})",
         "add --vllm_server_host and --vllm_server_port (or --vllm_server_base_url), or use scripts/train_multi_gpu.sh, which starts the server",
         "arguments/rlhf_args.py:453 _init_rollout: assert vllm_server_host is not None or a base URL"),
    Rule("server/deploy", ERROR, "`swift deploy` is not a rollout server: it accepts no weights ({why})",
         "start `swift rollout` instead, with the same --model and --port", "the trainer asks for /init_communicator/"),
    Rule("server/unused", ERROR, "a rollout server is started, and the trainer does not use it",
         "add --use_vllm true --vllm_mode server --vllm_server_host and --vllm_server_port to the trainer",
         "its cards would be held for nothing"),
    Rule("server/every-interface", ADVICE,
         "the rollout server listens on every interface (--host {host}) without a password: anyone who reaches it can overwrite the weights",
         "use --host 127.0.0.1", "pipelines/infer/rollout.py:737: without --api_key every route is open"),
    Rule("server/max-lora-rank", ERROR, "--vllm_max_lora_rank {rank} is not a rank that vLLM takes ({why})", "use {near}",
         "vllm/config/lora.py"),
    Rule("server/torchrun", ERROR, "NPROC_PER_NODE (or NNODES) is set for `swift rollout`: torchrun would start it several times",
         "unset it for the server; --vllm_data_parallel_size and --vllm_tensor_parallel_size use several cards",
         "cli/main.py get_torchrun_args"),
    Rule("server/tensor-parallel-heads", ERROR,
         "--vllm_tensor_parallel_size {tensor} does not divide the model's {heads} attention heads ({why})", "use {fits}",
         "vllm/config/model.py"),
    Rule("server/tensor-parallel-ranks", ERROR, "--vllm_tensor_parallel_size {tensor} does not divide the {ranks} ranks ({why})",
         "use {fits}, or NPROC_PER_NODE={tensor} with as many cards", "rlhf_trainers/rollout_mixin.py:435"),
    Rule("server/hosts-and-ports", ERROR, "--vllm_server_host names {hosts} and --vllm_server_port {ports} ({why})",
         "give one port for each host", "rlhf_trainers/vllm_client.py: must have same length"),
    Rule("server/group-ports", ERROR, "--vllm_server_group_port names {groups} ports for {count} servers ({why})",
         "give one for each server: {count}", "rlhf_trainers/vllm_client.py"),
    Rule("server/another-port", ERROR, ELSEWHERE, "use {flag}{listed}",
         "the trainer waits --vllm_server_timeout seconds, then ConnectionError"),
    Rule("server/perhaps-another-port", WARNING, ELSEWHERE, "use {flag}{listed}",
         "arguments/deploy_args.py:57: without --port it is the first free one from 8000"),
    Rule("server/loopback-only", ERROR,
         "the trainer asks for a server at host {host} (--vllm_server_host), and the one that is started listens on {own} only",
         "use --vllm_server_host {own}", "the loopback is only reached from its own machine"),
    Rule("server/too-many", WARNING, "{servers} servers are started, and the trainer uses {count}",
         "name them all in --vllm_server_host and _port", "the cards of the others are held for nothing"),
    Rule("server/flag-on-one-side", WARNING, ONE_SIDE, TO_BOTH,
         "rlhf_trainers/rollout_mixin.py: both make a template of their own"),
    Rule("server/different", WARNING, DIFFERENT, "give both the same --{flag}",
         "rlhf_trainers/rollout_mixin.py: both make a template of their own"),
    Rule("server/different-prompts", ERROR, DIFFERENT, "give both the same --{flag}",
         "rlhf_trainers/rollout_mixin.py: both make a template of their own"),
    Rule("server/dtype", WARNING, "the rollout server generates in --torch_dtype {generates}, the trainer computes in {computes}",
         "use the same for both: {computes}", "the probabilities of both differ by the rounding"),
    Rule("server/another-model", ERROR,
         "the rollout server has the model {there}, the trainer {here}{detail}: every weight sync would fail",
         "give both the same model: --model {here}", "rlhf_trainers/rollout_mixin.py sends each parameter by name and shape"),
    Rule("server/model-by-another-name", WARNING,
         "the rollout server has the model {there}, the trainer {here}: right only if both hold the same weights",
         "give both the same model: --model {here}", "the first rollouts are the server's own"),
    Rule("server/lora-rank-above-max", ERROR, "--lora_rank {rank} exceeds --vllm_max_lora_rank {limit}",
         "use --vllm_max_lora_rank {rank}", "vllm/lora/peft_helper.py: the adapter's rank is greater than max_lora_rank"),
    Rule("server/lora-rank", ERROR, "--lora_rank {rank} is not a rank that vLLM takes with --vllm_enable_lora ({why})", "use {near}",
         "vllm/config/lora.py"),
    Rule("server/no-adapter", WARNING,
         "the rollout server has --vllm_enable_lora true, and the trainer trains all parameters: no adapter will be sent",
         "remove --vllm_enable_lora, or use --tuner_type lora", "rlhf_trainers/rollout_mixin.py:475: only for lora"),
    Rule("server/adapter-too-wide", ERROR,
         "the trainer's --lora_rank {rank} is above the server's --vllm_max_lora_rank {limit}: the adapter is refused at every sync, and the weights never change",
         "start the server with --vllm_max_lora_rank {fit}",
         "vllm/lora/peft_helper.py: the adapter's rank is greater than max_lora_rank"),
    Rule("server/trainer-flag-unread", WARNING, "--{flag} {value} does nothing for a trainer in server mode: the server decides",
         "give it to the rollout server: swift rollout --{flag} {value}",
         "rlhf_trainers/rollout_mixin.py: the engine is the server's"),
)  # fmt: skip


def reader(flag: str) -> str:
    """Which side reads a flag if there is a rollout server: "server", "trainer" or "both". Recipes pass flags by it.

    >>> reader("vllm_max_model_len"), reader("vllm_server_port"), reader("model_type"), reader("beta")
    ('server', 'trainer', 'both', 'trainer')
    """
    if flag in ON_BOTH or flag in OF_THE_MODEL or flag in OF_TURNS:
        return "both"
    return "server" if flag.startswith("vllm_") and not CLIENTS.fullmatch(flag) else "trainer"


def check_server(commands: list[Command]) -> Iterator[Problem]:
    """Everything in one command that another has to know."""
    servers = [c for c in commands if c.kind == "rollout"]
    trainers = [c for c in commands if c.grpo]
    for server in servers:
        yield from _server(server)
    for command in commands:
        yield from _tensor_parallel(command)
    for trainer in trainers:
        if trainer.vllm == "server":
            if not servers and any(c.kind == "deploy" for c in commands) and not trainer.given("teacher_model_server"):
                yield found("server/deploy")
            yield from _addresses(trainer, servers)
            yield from _ignored(trainer, servers)
        elif servers:
            yield found("server/unused")
        yield from _lora_rank(trainer)
    for server, trainer in product(servers, trainers):
        yield from _same(server, trainer)
        yield from _adapter(server, trainer)


# ---- the server alone
def _server(server: Command) -> Iterator[Problem]:
    host = server.text("host") or "0.0.0.0"
    if host in EVERY_INTERFACE and not server.given("api_key"):
        yield found("server/every-interface", host=host)
    rank = server.whole("vllm_max_lora_rank")
    if rank and server.true("vllm_enable_lora") and rank not in LORA_RANKS:
        yield found("server/max-lora-rank", rank=rank, near=_near(rank))
    if server.variable("NPROC_PER_NODE") or server.variable("NNODES"):
        yield found("server/torchrun")


def _tensor_parallel(command: Command) -> Iterator[Problem]:
    """Heads divide evenly (vllm/config/model.py verify_with_parallel_config), in colocate mode also the ranks."""
    tensor, model = command.whole("vllm_tensor_parallel_size"), model_of(command)
    if not tensor or tensor == 1 or (command.kind != "rollout" and command.vllm != "colocate"):
        return
    heads = model.size("num_attention_heads") if model else 0
    if heads and heads % tensor:
        fits = [str(n) for n in range(1, min(heads, 64) + 1) if heads % n == 0]
        yield found("server/tensor-parallel-heads", tensor=tensor, heads=heads, fits=" or ".join(fits[:6]))
    if command.vllm == "colocate" and command.ranks % tensor:
        fits = [str(n) for n in range(1, command.ranks + 1) if command.ranks % n == 0]
        yield found("server/tensor-parallel-ranks", tensor=tensor, ranks=command.ranks, fits=" or ".join(fits[:6]))


def _near(rank: int) -> str:
    above = [r for r in LORA_RANKS if r >= rank][:1]
    below = [r for r in LORA_RANKS if r < rank][-1:]
    return " or ".join(str(r) for r in above + below)


# ---- where the server is
def addresses(trainer: Command) -> list[tuple[str, int]]:
    """Host and port of each server that the trainer will ask."""
    asked = []
    if trainer.given("vllm_server_base_url"):
        for url in trainer.values("vllm_server_base_url"):
            try:
                parts = urlsplit(url)
                asked.append((parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)))
            except ValueError:
                continue
        return asked
    ports = [int(p) for p in trainer.values("vllm_server_port") if re.fullmatch(r"\d{1,5}", p)]
    return list(zip(trainer.values("vllm_server_host"), ports, strict=False))


def _addresses(trainer: Command, servers: list[Command]) -> Iterator[Problem]:
    if not trainer.given("vllm_server_host", "vllm_server_base_url"):
        yield found("server/no-address")
        return
    hosts, ports = trainer.values("vllm_server_host"), trainer.values("vllm_server_port")
    count = len(trainer.values("vllm_server_base_url")) or len(hosts)
    groups = trainer.flags.get("vllm_server_group_port", [])
    if groups and len(groups) != count:
        yield found("server/group-ports", groups=len(groups), count=count)
    if not trainer.given("vllm_server_base_url") and len(hosts) != len(ports):
        default = "" if "vllm_server_port" in trainer.flags else f" (its default, {', '.join(ports)})"
        yield found("server/hosts-and-ports", hosts=len(hosts), ports=f"{len(ports)}{default}")
        return
    if not servers:
        return
    ours = {server.whole("port") or 8000: server.text("host") or "0.0.0.0" for server in servers}
    said = False
    for host, port in addresses(trainer):
        local = host in LOOPBACK | EVERY_INTERFACE | {socket.gethostname()}
        if port not in ours and (local or len(servers) == count):
            said = True
            perhaps = all("port" not in server.flags for server in servers) and 8000 < port < 8100
            url = trainer.given("vllm_server_base_url")
            flag = "--vllm_server_base_url http://127.0.0.1:" if url else "--vllm_server_port "
            id = "server/perhaps-another-port" if perhaps else "server/another-port"
            yield found(id, host=host, port=port, flag=flag, listed=", ".join(map(str, ours)))
        elif port in ours and not local and ours[port] in LOOPBACK:
            yield found("server/loopback-only", host=host, own=ours[port])
    if not said and len(servers) > count:
        yield found("server/too-many", servers=len(servers), count=count)


# ---- what must be the same
def _same(server: Command, trainer: Command) -> Iterator[Problem]:
    yield from _model(server, trainer)
    for flag, severity in ON_BOTH.items():
        here, there = trainer.flags.get(flag), server.flags.get(flag)
        if here == there or flag not in server.specs:
            continue
        if flag == "enable_thinking" and (here or there) == ["false"] and None in (here, there):
            continue  # template/base.py:133: the default where a template has both
        if here is None or there is None:
            side, other = (
                ("trainer", "rollout server (`swift rollout`)")
                if there is None
                else ("rollout server", "trainer (`swift rlhf`)")
            )
            yield found(
                "server/flag-on-one-side", flag=flag, value=" ".join(here or there or []), side=side, other=other
            )
        else:
            id = "server/different-prompts" if severity == ERROR else "server/different"
            yield found(id, flag=flag, there=" ".join(there), here=" ".join(here))
    computes, generates = trainer.text("torch_dtype"), server.text("torch_dtype")
    if trainer.on_cpu and trainer.true("bf16"):
        computes = "bfloat16"  # DEVICE=cpu: float32 weights, bfloat16 products (autocast), as the server has them
    if computes and generates and computes != generates:
        yield found("server/dtype", generates=generates, computes=computes)


def _model(server: Command, trainer: Command) -> Iterator[Problem]:
    here, there = trainer.text("model"), server.text("model")
    if not here or not there or here.rstrip("/") == there.rstrip("/"):
        return
    ours, theirs = model_of(trainer), model_of(server)
    different = "" if not ours or not theirs else _difference(ours, theirs)
    if different or not ours or not theirs:
        yield found("server/another-model", there=there, here=here, detail=f" ({different})" if different else "")
    else:
        yield found("server/model-by-another-name", there=there, here=here)


def _difference(ours: Model, theirs: Model) -> str:
    for name in SHAPE:
        if ours.config.get(name) != theirs.config.get(name):
            return f"{name} {theirs.config.get(name)} against {ours.config.get(name)}"
    return ""


# ---- LoRA
def _lora_rank(trainer: Command) -> Iterator[Problem]:
    rank = trainer.whole("lora_rank")
    if trainer.vllm != "colocate" or not trainer.true("vllm_enable_lora") or not trainer.lora or not rank:
        return
    limit = trainer.whole("vllm_max_lora_rank") if "vllm_max_lora_rank" in trainer.flags else None
    if limit and rank > limit:
        yield found("server/lora-rank-above-max", rank=rank, limit=limit)
    elif rank not in LORA_RANKS:
        yield found("server/lora-rank", rank=rank, near=_near(rank))


def _adapter(server: Command, trainer: Command) -> Iterator[Problem]:
    if not server.true("vllm_enable_lora"):
        return
    rank, limit = trainer.whole("lora_rank"), server.whole("vllm_max_lora_rank")
    if not trainer.lora:
        yield found("server/no-adapter")
    elif rank and limit and rank > limit:
        fit = next((r for r in LORA_RANKS if r >= rank), LORA_RANKS[-1])
        yield found("server/adapter-too-wide", rank=rank, limit=limit, fit=fit)


# ---- flags that only the other side reads
def _ignored(trainer: Command, servers: list[Command]) -> Iterator[Problem]:
    for flag in trainer.flags:
        if reader(flag) == "server" and trainer.given(flag) and flag in trainer.specs:
            value = " ".join(trainer.flags[flag])
            if any(server.flags.get(flag) == trainer.flags[flag] for server in servers):
                continue  # the server has it too: nothing is lost
            yield found("server/trainer-flag-unread", flag=flag, value=value)
