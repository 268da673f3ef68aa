"""Helper pieces of the planted mistakes: small valid files and commands that are right; each case changes one thing.

`{ROOT}` in a command, a file or a variable stands for the repository's root and is replaced when the case runs.
A file is bytes, text, or a function that is called with the path to write. Beside what the brief names a case may say
`ports` (to be listened on at 127.0.0.1 while the check runs), `disk_free_gb` (free space to simulate) and `used_gb` in a card.
Files are made in a fresh folder in which the command runs. Standard library only; pyarrow for parquet.
"""

import json  # noqa: F401 (tables take it from here)
from dataclasses import dataclass, field
from pathlib import Path

from .pieces import *  # noqa: F403


@dataclass
class Case:
    id: str
    kind: str
    severity: str
    command: list[str]
    files: dict = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    cards: list[dict] | None = None
    mention: list[list[str]] = field(default_factory=list)
    fix: list[str] = field(default_factory=list)
    why: str = ""
    ports: list[int] = field(default_factory=list)
    disk_free_gb: float | None = None


def make_files(case, folder, root):
    """Write the case's files below `folder`."""
    for name, content in case.files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content(path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content.replace("{ROOT}", str(root)), encoding="utf-8")


def adder(kind, cases):
    """`add(id, severity, command, mention, fix, why, …)`; in `mention` each text is alternatives joined by `|`, as is `fix`."""

    def add(id, severity, command, mention, fix, why, files=None, env=None, cards=None, ports=(), disk=None):
        assert severity in ("error", "warning", "advice"), id
        mention = [mention] if isinstance(mention, str) else mention
        made = F() if files is None else files
        cards = cards_of(command) if cards is None else cards
        cases.append(Case(id, kind, severity, command, made, dict(env or {}), cards, [text.split("|") for text in mention], fix.split("|"), why, list(ports), disk))

    return add


def clean_adder(cases):
    def clean(id, command, why, files=None, env=None, cards=None, ports=(), disk=None):
        made = F() if files is None else files
        cards = cards_of(command) if cards is None else cards
        cases.append(Case(id, "clean", "advice", command, made, dict(env or {}), cards, [], [], why, list(ports), disk))

    return clean


# ---- cards
def cards_of(command):
    """As many cards of 80 GB as the command names."""
    named = [word.split("=")[1] for word in command if word.startswith("CUDA_VISIBLE_DEVICES=")]
    numbers = [int(n) for text in named for n in text.split(",") if n.isdigit()]
    return cards(max(numbers, default=0) + 1)


def cards(count, memory_gb=80, **more):
    return [{"memory_gb": memory_gb, **more} for _ in range(count)]


# ---- commands
MODEL = {"model": "model", "model_type": "qwen2", "template": "qwen2_5", "torch_dtype": "bfloat16"}
GRPO = MODEL | {
    "rlhf_type": "grpo", "dataset": "data.jsonl", "system": "r1.txt", "reward_funcs": ["accuracy", "format"], "tuner_type": "lora", "lora_rank": 8,
    "lora_alpha": 32, "num_generations": 4, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 1, "max_length": 1024,
    "max_completion_length": 512, "learning_rate": "1e-5", "temperature": 0.9, "max_steps": 10, "save_steps": 5, "save_total_limit": 2,
    "logging_steps": 1, "output_dir": "out", "report_to": "tensorboard", "check_model": False,
}  # fmt: skip
COLOCATE = {"use_vllm": True, "vllm_mode": "colocate", "vllm_gpu_memory_utilization": 0.4, "vllm_max_model_len": 2048, "sleep_level": 1}
SFT = MODEL | {
    "dataset": "traces.jsonl", "system": "r1.txt", "tuner_type": "full", "per_device_train_batch_size": 4, "gradient_accumulation_steps": 4,
    "learning_rate": "1e-5", "num_train_epochs": 1, "max_length": 2048, "logging_steps": 5, "save_strategy": "epoch", "save_total_limit": 1,
    "output_dir": "out", "report_to": "tensorboard", "check_model": False,
}  # fmt: skip
ROLLOUT = MODEL | {"host": "127.0.0.1", "port": 18731, "vllm_gpu_memory_utilization": 0.7, "vllm_max_model_len": 4096}
CLIENT = {"use_vllm": True, "vllm_mode": "server", "vllm_server_host": "127.0.0.1", "vllm_server_port": 18731, "vllm_server_group_port": 51731}


def words(flags):
    out = []
    for name, value in flags.items():
        if value is None:
            continue
        values = value if isinstance(value, (list, tuple)) else [value]
        out += [f"--{name}", *(str(v).lower() if isinstance(v, bool) else str(v) for v in values)]
    return out


def env(*settings):
    return ["env", *settings] if settings else []


ONE = ("CUDA_VISIBLE_DEVICES=0",)


def grpo(*extra, env_=ONE, config=None, **changes):
    """GRPO with LoRA on one card; `None` leaves a flag out."""
    return [*env(*env_), "swift", "rlhf", *([config] if config else []), *words(GRPO | changes), *extra]


def colocate(*extra, env_=ONE, **changes):
    return grpo(*extra, env_=env_, **(COLOCATE | changes))


def sft(*extra, env_=ONE, **changes):
    return [*env(*env_), "swift", "sft", *words(SFT | changes), *extra]


def served(rollout=None, *extra, renv=("CUDA_VISIBLE_DEVICES=3",), tenv=("CUDA_VISIBLE_DEVICES=0,1", "NPROC_PER_NODE=2", "MASTER_PORT=29611"), **changes):
    """A rollout server on card 3 and two training ranks on cards 0 and 1; `rollout` changes the server's flags, the rest the trainer's."""
    server = [*env(*renv), "swift", "rollout", *words(ROLLOUT | (rollout or {}))]
    return [*server, "::", *grpo(*extra, env_=tenv, **(CLIENT | {"tuner_type": "full", "lora_rank": None, "lora_alpha": None, "deepspeed": "zero2"} | changes))]


def ranks(count, *extra, **changes):
    """`count` training ranks that generate with transformers."""
    cards_ = ",".join(str(n) for n in range(count))
    return grpo(*extra, env_=(f"CUDA_VISIBLE_DEVICES={cards_}", f"NPROC_PER_NODE={count}", "MASTER_PORT=29611"), **changes)
