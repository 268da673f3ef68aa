"""How the second set of planted mistakes is written: a case, the commands that most of them change, and the files beside them.

A case is built in a folder of its own from `files`; its command is either `swift …` (`::` parts server and trainer, as for
`swift-grpo launch`) or, with `recipe`, one of scripts/ with `--dry-run`.
"""

import functools
import io
import json
import random
import shlex
from dataclasses import dataclass, field
from pathlib import Path

PORT, GROUP_PORT = 28411, 28475  # what no other part of the tests takes


@dataclass
class Case:
    """`mention`: of each list one must be said; `fix`: one of these values must be said, too; `why`: what makes it a mistake."""

    id: str
    kind: str
    command: list[str]
    severity: str = "error"
    mention: list[list[str]] = field(default_factory=list)
    fix: list[str] = field(default_factory=list)
    why: str = ""
    files: dict = field(default_factory=dict)
    env: dict = field(default_factory=dict)
    cards: list | None = None
    ports: list = field(default_factory=list)
    disk_free_gb: float | None = None
    recipe: bool = False


CASES: list[Case] = []
CLEAN: list[Case] = []


def cards(number: int, memory_gb: float = 80, used_gb: float = 0) -> list[dict]:
    return [{"memory_gb": memory_gb, "used_gb": used_gb} for _ in range(number)]


def _case(name: str, kind: str, command, files, more) -> Case:
    words = shlex.split(command) if isinstance(command, str) else command
    needed = MODEL | DATA if files is None else files
    return Case(name, kind, words, files=needed, recipe=words[0] == "bash", **({"cards": cards(8)} | more))


def mistake(kind: str, name: str, command, mention, fix, why: str, *, level="error", files=None, **more) -> None:
    """A case with a mistake; `mention` and `fix` are words parted by `|`, `mention` a list of such."""
    mention = [part.split("|") for part in ([mention] if isinstance(mention, str) else mention)]
    case = _case(name, kind, command, files, more)
    case.severity, case.mention, case.fix, case.why = level, mention, fix.split("|"), why
    CASES.append(case)


def clean(name: str, command, *, why: str = "", files=None, **more) -> None:
    """A command that starts and trains."""
    case = _case(name, "clean", command, files, more)
    case.why = why
    CLEAN.append(case)


# ---- commands


def words(flags: dict) -> list[str]:
    """--name value …; None leaves a flag out, a list is several values, "" a flag without a value."""
    made = []
    for name, value in flags.items():
        if value is not None:
            values = value if isinstance(value, list) else [value] if value != "" else []
            made += [f"--{name}", *(str(v) for v in values)]
    return made


TRAIN = {
    "rlhf_type": "grpo",
    "model": "m",
    "model_type": "qwen2",
    "template": "qwen2_5",
    "dataset": "data.jsonl",
    "system": "{ROOT}/prompts/r1.txt",
    "external_plugins": "{ROOT}/plugin/plugin.py",
    "reward_funcs": ["math_accuracy", "r1_format"],
    "tuner_type": "lora",
    "torch_dtype": "bfloat16",
    "num_generations": 4,
    "per_device_train_batch_size": 4,
    "gradient_accumulation_steps": 1,
    "learning_rate": "1e-5",
    "max_length": 1024,
    "max_completion_length": 512,
    "max_steps": 20,
    "check_model": "false",
    "report_to": "none",
    "output_dir": "out",
}
COLOCATE = {"use_vllm": "true", "vllm_mode": "colocate", "vllm_gpu_memory_utilization": 0.4, "vllm_max_model_len": 2048, "sleep_level": 1}
CLIENT = {"use_vllm": "true", "vllm_mode": "server", "vllm_server_host": "127.0.0.1", "vllm_server_port": PORT, "vllm_server_group_port": GROUP_PORT}
SERVER = {"model": "m", "model_type": "qwen2", "template": "qwen2_5", "torch_dtype": "bfloat16", "host": "127.0.0.1", "port": PORT, "vllm_max_model_len": 2048, "vllm_gpu_memory_utilization": 0.7}


def train(*, env: str | None = "CUDA_VISIBLE_DEVICES=0", config: str | None = None, **changes) -> list[str]:
    """One card, LoRA, transformers generate; what a `config` holds is to be left out by the caller."""
    first = ["env", *env.split()] if env else []
    return [*first, "swift", "rlhf", *([config] if config else []), *words(TRAIN | changes)]


def colocate(**changes) -> list[str]:
    return train(**(COLOCATE | changes))


def both(server: dict | None = None, *, cards_of_server="1", cards_of_trainer="0", env: str = "", **changes) -> list[str]:
    """A rollout server and a trainer on the cards beside it, one rank a card."""
    ranks = len(cards_of_trainer.split(","))
    of_trainer = f"CUDA_VISIBLE_DEVICES={cards_of_trainer}" + (f" NPROC_PER_NODE={ranks}" if ranks > 1 else "") + f" {env}"
    rollout = ["env", f"CUDA_VISIBLE_DEVICES={cards_of_server}", "swift", "rollout", *words(SERVER | (server or {}))]
    return [*rollout, "::", *train(env=of_trainer, **({"tuner_type": "full", "learning_rate": "1e-6"} | CLIENT | changes))]


# ---- data


def rows(number: int = 64, **more) -> list[dict]:
    """So many different questions with their solution."""
    made = []
    for n in range(number):
        one, other = 12 + 7 * n, 5 + 3 * n
        question = f"A shelf has {one} books and gets {other} more. How many are there?"
        made.append({"messages": [{"role": "user", "content": question}], "solution": str(one + other)} | more)
    return made


def jsonl(some: list) -> str:
    return "".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in some)


DATA = {"data.jsonl": jsonl(rows())}


# ---- models: Qwen2 of two layers, a token a byte, which transformers and vLLM load

TEMPLATE = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


@functools.cache
def _tokenizer() -> dict:
    from tokenizers.pre_tokenizers import ByteLevel

    alphabet = sorted(ByteLevel.alphabet())
    added = [{"id": 256 + n, "content": token, "special": True} for n, token in enumerate(SPECIAL)]
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    bpe = {"type": "BPE", "vocab": {byte: n for n, byte in enumerate(alphabet)}, "merges": []}
    bpe |= dict.fromkeys(["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"])
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [plain | token for token in added], "normalizer": None, "pre_tokenizer": level, "post_processor": None, "decoder": level, "model": bpe | {"fuse_unk": False, "byte_fallback": False, "ignore_merges": False}}


def config(**changes) -> dict:
    made = {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "hidden_act": "silu",
        "max_position_embeddings": 32768,
        "max_window_layers": 2,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1000000.0,
        "sliding_window": 32768,
        "use_sliding_window": False,
        "tie_word_embeddings": False,
        "attention_dropout": 0.0,
        "initializer_range": 0.02,
        "bos_token_id": 256,
        "eos_token_id": 258,
        "use_cache": True,
        "vocab_size": 259,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.51.0",
    }
    return made | changes


def shapes(c: dict) -> dict[str, list[int]]:
    """Name and shape of each tensor of a Qwen2."""
    h, i, v = c["hidden_size"], c["intermediate_size"], c["vocab_size"]
    kv = h // c["num_attention_heads"] * c["num_key_value_heads"]
    made = {"model.embed_tokens.weight": [v, h], "model.norm.weight": [h], "lm_head.weight": [v, h]}
    for n in range(c["num_hidden_layers"]):
        layer = {"input_layernorm.weight": [h], "post_attention_layernorm.weight": [h]}
        layer |= {f"self_attn.{p}_proj.weight": [d, h] for p, d in (("q", h), ("k", kv), ("v", kv), ("o", h))}
        layer |= {f"self_attn.{p}_proj.bias": [d] for p, d in (("q", h), ("k", kv), ("v", kv))}
        layer |= {"mlp.gate_proj.weight": [i, h], "mlp.up_proj.weight": [i, h], "mlp.down_proj.weight": [h, i]}
        made |= {f"model.layers.{n}.{name}": shape for name, shape in layer.items()}
    return made


def safetensors(of: dict[str, list[int]]) -> bytes:
    """A file of these tensors in bf16, small random numbers."""
    random_ = random.Random(1)
    header, body = {}, bytearray()
    for name, shape in of.items():
        count = functools.reduce(lambda a, b: a * b, shape, 1)
        begin = len(body)
        body += b"".join(bytes([random_.randrange(256), random_.choice((0x3C, 0xBC))]) for _ in range(count))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [begin, len(body)]}
    head = json.dumps({"__metadata__": {"format": "pt"}} | header).encode()
    head += b" " * (-len(head) % 8)
    return len(head).to_bytes(8, "little") + head + bytes(body)


@functools.cache
def _weights(changes: str) -> bytes:
    return safetensors(shapes(config(**json.loads(changes))))


def model(folder: str = "m", *, without: tuple = (), template: str = TEMPLATE, **changes) -> dict:
    """The files of a model below a folder."""
    token = {"tokenizer_class": "Qwen2Tokenizer", "bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    added = {str(256 + n): {"content": t, "special": True} for n, t in enumerate(SPECIAL)}
    token |= {"model_max_length": 32768, "chat_template": template, "added_tokens_decoder": added}
    vocab = _tokenizer()["model"]["vocab"]
    generation = {"bos_token_id": 256, "eos_token_id": [258, 256], "pad_token_id": 256}
    made = {"config.json": json.dumps(config(**changes)), "generation_config.json": json.dumps(generation), "tokenizer.json": json.dumps(_tokenizer()), "tokenizer_config.json": json.dumps(token), "vocab.json": json.dumps(vocab), "merges.txt": "#version: 0.2\n", "model.safetensors": _weights(json.dumps(changes))}
    return {f"{folder}/{name}": content for name, content in made.items() if name not in without}


def adapter(folder: str, base: str = "m", *, rank: int = 8, hidden: int = 64, layers: int = 2, **changes) -> dict:
    """A LoRA on q and v."""
    made = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base, "r": rank, "lora_alpha": 32}
    made |= {"target_modules": ["q_proj", "v_proj"], "lora_dropout": 0.05, "bias": "none", "inference_mode": True}
    of = {}
    for n in range(layers):
        for name, out in (("q", hidden), ("v", hidden // 2)):
            stem = f"base_model.model.model.layers.{n}.self_attn.{name}_proj"
            of |= {f"{stem}.lora_A.weight": [rank, hidden], f"{stem}.lora_B.weight": [out, rank]}
    return {f"{folder}/adapter_config.json": json.dumps(made | changes), f"{folder}/adapter_model.safetensors": safetensors(of)}


def checkpoint(folder: str = "out/v0-20260101-101010/checkpoint-10", *, step: int = 10, max_steps: int = 20, ranks: int = 1, lora: bool = True, without: tuple = (), **args) -> dict:
    """A checkpoint of `train()` with all its parts; `args` change its args.json."""
    state = {"global_step": step, "max_steps": max_steps, "epoch": step / 64, "num_train_epochs": 1, "train_batch_size": 4}
    state |= {"log_history": [], "save_steps": 10, "logging_steps": 5, "best_metric": None, "total_flos": 0.0}
    state |= {"is_local_process_zero": True, "is_world_process_zero": True, "stateful_callbacks": {}}
    of_run = {"model": "m", "tuner_type": "lora" if lora else "full", "lora_rank": 8, "rlhf_type": "grpo", "swift_version": "4.6.0"}
    of_run |= {"model_type": "qwen2", "template": "qwen2_5", "num_generations": 4, "per_device_train_batch_size": 4}
    of_run |= {"gradient_accumulation_steps": 1, "global_world_size": ranks, "max_steps": max_steps, "dataset": ["data.jsonl"]}
    of_run |= {"target_modules": ["q_proj", "v_proj"]}
    states = ["rng_state.pth"] if ranks == 1 else [f"rng_state_{n}.pth" for n in range(ranks)]
    made = {"trainer_state.json": json.dumps(state), "args.json": json.dumps(of_run | args)}
    made |= {"optimizer.pt": _optimizer, "scheduler.pt": _scheduler, "training_args.bin": _scheduler}
    made |= dict.fromkeys(states, _random_state)
    made = {f"{folder}/{name}": content for name, content in made.items()}
    made |= adapter(folder) if lora else model(folder)
    return {name: content for name, content in made.items() if name.rsplit("/", 1)[1] not in without}


def _saved(what) -> bytes:
    import torch

    buffer = io.BytesIO()
    torch.save(what, buffer)
    return buffer.getvalue()


@functools.cache
def _optimizer() -> bytes:
    """Of `adapter()`: its eight matrices with decay, none without, and no moment yet."""
    group = {"lr": 1e-5, "betas": (0.9, 0.95), "eps": 1e-8, "amsgrad": False, "maximize": False, "foreach": None}
    group |= {"capturable": False, "differentiable": False, "fused": True, "decoupled_weight_decay": True, "initial_lr": 1e-5}
    groups = [group | {"weight_decay": 0.1, "params": list(range(8))}, group | {"weight_decay": 0.0, "params": []}]
    return _saved({"state": {}, "param_groups": groups})


@functools.cache
def _scheduler() -> bytes:
    return _saved({"base_lrs": [1e-5, 1e-5], "last_epoch": 10, "_step_count": 11, "_last_lr": [5e-6, 5e-6], "lr_lambdas": [{}, {}]})


@functools.cache
def _random_state() -> bytes:
    import numpy
    import torch

    return _saved({"python": random.getstate(), "numpy": numpy.random.get_state(), "cpu": torch.get_rng_state()})


MODEL = model()


def make_files(case: Case, work: Path, root: Path) -> None:
    """The case's files below `work`; a name that ends in / is a folder."""
    for name, content in case.files.items():
        content = content() if callable(content) else content
        path = work / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.replace("{ROOT}", str(root)).encode())
