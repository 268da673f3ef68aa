"""Small valid files: a model of Qwen2's form, adapters, checkpoints, data, a prompt, a plugin."""

import functools
import io
import json
import pickle
import random
import struct
import zipfile

# ---- a model of Qwen2's form
CONFIG = {
    "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 272, "max_position_embeddings": 32768, "rope_theta": 10000.0,
    "hidden_act": "silu", "rms_norm_eps": 1e-6, "tie_word_embeddings": False, "use_sliding_window": False, "attention_dropout": 0.0,
    "initializer_range": 0.02, "use_cache": True, "torch_dtype": "bfloat16", "bos_token_id": 256, "eos_token_id": 258,
}  # fmt: skip
CHATML = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def shapes(config):
    h, i, v = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    kv = h // config["num_attention_heads"] * config["num_key_value_heads"]
    out = {"model.embed_tokens.weight": [v, h], "model.norm.weight": [h]}
    if not config["tie_word_embeddings"]:
        out["lm_head.weight"] = [v, h]
    for n in range(config["num_hidden_layers"]):
        at = f"model.layers.{n}."
        out |= {at + "input_layernorm.weight": [h], at + "post_attention_layernorm.weight": [h]}
        out |= {at + f"mlp.{x}_proj.weight": [i, h] for x in ("gate", "up")} | {at + "mlp.down_proj.weight": [h, i]}
        out |= {at + "self_attn.q_proj.weight": [h, h], at + "self_attn.q_proj.bias": [h], at + "self_attn.o_proj.weight": [h, h]}
        out |= {at + f"self_attn.{x}_proj.weight": [kv, h] for x in "kv"} | {at + f"self_attn.{x}_proj.bias": [kv] for x in "kv"}
    return out


def _size(shape):
    n = 2
    for dim in shape:
        n *= dim
    return n


def header(tensors):
    """The bytes before the data of a safetensors file, and the length of the data."""
    at, entries = 0, {"__metadata__": {"format": "pt"}}
    for name, shape in tensors.items():
        entries[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + _size(shape)]}
        at += _size(shape)
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text, at


def safetensors(tensors, seed=0):
    head, size = header(tensors)
    values = _values(seed)
    return head + (values * (size // len(values) + 1))[:size]


@functools.cache
def _values(seed):
    dice = random.Random(seed)
    return b"".join(struct.pack("<f", dice.gauss(0, 0.02))[2:] for _ in range(997))


def sparse_safetensors(tensors):
    """A file of the true size whose data are a hole: costs no disk."""

    def write(path):
        head, size = header(tensors)
        with open(path, "wb") as file:
            file.write(head)
            file.truncate(len(head) + size)

    return write


def byte_letters():
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters, extra = {b: chr(b) for b in kept}, 0
    for b in range(256):
        if b not in letters:
            letters[b], extra = chr(256 + extra), extra + 1
    return letters


def tokenizer(extra=()):
    vocab = {letter: b for b, letter in sorted(byte_letters().items())}
    added = [{"id": 256 + n, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True} for n, t in enumerate([*SPECIAL, *extra])]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
             "fuse_unk": False, "byte_fallback": False, "vocab": vocab, "merges": []}  # fmt: skip
    return json.dumps({"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
                       "pre_tokenizer": level, "post_processor": None, "decoder": level, "model": model})  # fmt: skip


def tokenizer_config(template=CHATML, **more):
    out = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "model_max_length": 32768, **more}
    return json.dumps(out | ({"chat_template": template} if template else {}))


def model_files(at="model", seed=0, weights=None, template=CHATML, **changes):
    """A whole model folder; one token a byte. `weights(config)` gives other weight files."""
    config = CONFIG | changes
    given = weights(config) if weights else {"model.safetensors": safetensors(shapes(config), seed)}
    files = {"config.json": json.dumps(config, indent=1), "tokenizer.json": tokenizer(), "tokenizer_config.json": tokenizer_config(template),
             "generation_config.json": json.dumps({"eos_token_id": [258, 256], "pad_token_id": 256})} | given  # fmt: skip
    return {f"{at}/{name}": content for name, content in files.items()}


def sharded(config):
    """Weights in two shards and their index."""
    names = list(shapes(config))
    halves = [names[: len(names) // 2], names[len(names) // 2 :]]
    files, where = {}, {}
    for n, half in enumerate(halves, 1):
        name = f"model-{n:05}-of-00002.safetensors"
        files[name] = safetensors({x: shapes(config)[x] for x in half})
        where |= dict.fromkeys(half, name)
    total = sum(_size(s) for s in shapes(config).values())
    return files | {"model.safetensors.index.json": json.dumps({"metadata": {"total_size": total}, "weight_map": where})}


def judge_files(at="judge"):
    """A reward model: a head `score` of one label in place of `lm_head`."""

    def weights(config):
        tensors = shapes(config)
        tensors["score.weight"] = [1, config["hidden_size"]]
        return {"model.safetensors": safetensors({name: s for name, s in tensors.items() if name != "lm_head.weight"})}

    labels = {"num_labels": 1, "id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}, "pad_token_id": 256}
    return model_files(at, weights=weights, architectures=["Qwen2ForSequenceClassification"], **labels)


SEVEN_B = {"hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4,
           "vocab_size": 152064}  # fmt: skip


def seven_b(at="big"):
    """Qwen2.5-7B's shapes: 15.2 GB of weights that take no disk."""
    return model_files(at, weights=lambda config: {"model.safetensors": sparse_safetensors(shapes(config))}, **SEVEN_B)


# ---- adapters and checkpoints
def lora_shapes(config, rank=8):
    out, kv = {}, config["hidden_size"] // config["num_attention_heads"] * config["num_key_value_heads"]
    h, i = config["hidden_size"], config["intermediate_size"]
    both = {"self_attn.q_proj": (h, h), "self_attn.k_proj": (kv, h), "self_attn.v_proj": (kv, h), "self_attn.o_proj": (h, h),
            "mlp.gate_proj": (i, h), "mlp.up_proj": (i, h), "mlp.down_proj": (h, i)}  # fmt: skip
    for n in range(config["num_hidden_layers"]):
        for name, (rows, columns) in both.items():
            at = f"base_model.model.model.layers.{n}.{name}."
            out |= {at + "lora_A.weight": [rank, columns], at + "lora_B.weight": [rows, rank]}
    return out


def adapter_files(at="adapter", base="model", rank=8, **changes):
    config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base, "r": rank, "lora_alpha": 32, "lora_dropout": 0.05,
              "bias": "none", "inference_mode": True, "modules_to_save": [], "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj",
              "gate_proj", "up_proj", "down_proj"]}  # fmt: skip
    weights = safetensors(lora_shapes(CONFIG | changes, rank))
    return {f"{at}/adapter_config.json": json.dumps(config), f"{at}/adapter_model.safetensors": weights}


def torch_file(value):
    """What `torch.save` writes for plain Python values."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(value, protocol=2))
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")
    return out.getvalue()


CKPT = "out/v0-20260101-000000/checkpoint-5"


def trainer_state(step=5, of=10):
    logs = [{"loss": 0.1, "learning_rate": 1e-5, "step": n, "epoch": n / 16, "reward": 0.5} for n in range(1, step + 1)]
    return json.dumps({"global_step": step, "max_steps": of, "epoch": step / 16, "num_train_epochs": 1, "logging_steps": 1, "save_steps": 5,
                       "eval_steps": 500, "train_batch_size": 4, "is_world_process_zero": True, "is_local_process_zero": True,
                       "best_metric": None, "best_model_checkpoint": None, "total_flos": 0.0, "num_input_tokens_seen": 0, "trial_name": None,
                       "trial_params": None, "is_hyper_param_search": False, "stateful_callbacks": {}, "log_history": logs})  # fmt: skip


def checkpoint(at=CKPT, full=False, step=5, of=10, rank=8, ranks=1, **changes):
    """A good checkpoint of the commands below: LoRA, or `full` parameters."""
    kind = "full" if full else "lora"
    files = {"trainer_state.json": trainer_state(step, of), "scheduler.pt": torch_file({"last_epoch": step, "_step_count": step + 1}),
             "optimizer.pt": torch_file({"state": {}, "param_groups": [{"lr": 1e-5, "params": []}]}), "training_args.bin": torch_file({}),
             "args.json": json.dumps({"model": "model", "model_type": "qwen2", "template": "qwen2_5", "tuner_type": kind, "lora_rank": rank,
                                      "rlhf_type": "grpo", "torch_dtype": "bfloat16", "swift_version": "4.6.0"})}  # fmt: skip
    names = ["rng_state.pth"] if ranks == 1 else [f"rng_state_{n}.pth" for n in range(ranks)]
    files |= {name: torch_file({"python": None}) for name in names}
    files = {f"{at}/{name}": content for name, content in files.items()}
    return files | (model_files(at, **changes) if full else adapter_files(at, rank=rank, **changes))


def deepspeed_checkpoint(ranks, at=CKPT, stage=2):
    """A full checkpoint as DeepSpeed leaves it: states per rank below global_step5."""
    files = checkpoint(at, full=True, ranks=ranks)
    files.pop(f"{at}/optimizer.pt")
    for n in range(ranks):
        files[f"{at}/global_step5/bf16_zero_pp_rank_{n}_mp_rank_00_optim_states.pt"] = torch_file({"ds_version": "0.19.8", "dp_world_size": ranks})
    files[f"{at}/global_step5/mp_rank_00_model_states.pt"] = torch_file({"dp_world_size": ranks, "ds_version": "0.19.8"})
    return files | {f"{at}/latest": "global_step5", f"{at}/zero_to_fp32.py": "# made by DeepSpeed\n"}


# ---- data, prompt, plugin
def jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def questions(count=64):
    return [(f"What is {n} + {n % 7 + 2}?", n + n % 7 + 2) for n in range(count)]


def rows(count=64, **more):
    """GRPO's form; the gold in dollars, which every grader can read."""
    return [{"messages": [{"role": "user", "content": q}], "solution": f"${a}$", **more} for q, a in questions(count)]


def traces(count=64):
    return [{"messages": [{"role": "user", "content": q},
                          {"role": "assistant", "content": f"<think>I add.</think><answer>{a}</answer>"}]} for q, a in questions(count)]  # fmt: skip


def parquet(rows_):
    def write(path):
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows_), path)

    return write


R1 = (
    "A conversation between a user and an assistant. The assistant first thinks about the reasoning process and then gives the answer. The reasoning process is enclosed in <think> </think> tags and the answer in <answer> </answer> tags, like this: <think> reasoning process here </think><answer> answer here </answer>\n"
)
PLUGIN = '''from swift.rewards import ORM, orms


class ShortAnswer(ORM):
    """1 for a completion below 200 characters."""

    def __call__(self, completions, **kwargs):
        return [float(len(text) < 200) for text in completions]


orms["short_answer"] = ShortAnswer
'''


def F(*more, drop=()):
    """The files of a command that is right, with `more` over them and without `drop`."""
    files = model_files() | {"data.jsonl": jsonl(rows()), "traces.jsonl": jsonl(traces()), "r1.txt": R1, "plugin.py": PLUGIN}
    for extra in more:
        files |= extra
    return {name: content for name, content in files.items() if name not in drop}
