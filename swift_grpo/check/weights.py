"""Is the model there, complete, and as its config says? And its adapters?

Only the header of a safetensors file is read, without torch: 8 bytes of length (little-endian), that many bytes of
JSON, then the data (https://github.com/huggingface/safetensors).
"""

import difflib
import json
import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from swift_grpo.check.hub import HUB_ID, Lookup, uses_hf
from swift_grpo.check.model import Model, find_model
from swift_grpo.check.problem import ERROR, SKIPPED, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.formats.command_line import Command, path_of

TOKENIZERS = "tokenizer.json tokenizer.model vocab.json vocab.txt spiece.model tiktoken.model qwen.tiktoken".split()
LOCAL_NAMES = "adapters adapter checkpoints checkpoint models lora outputs runs ckpt".split()  # of folders
MODELS = ("model", "teacher_model", "ref_model", "reward_model")  # flags that name one
LARGEST_TOKENIZER = 30_000_000  # bytes that are parsed
LARGEST_HEADER = 100_000_000  # as the safetensors library has it
LFS = b"version https://git-lfs"
LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.(.+)$")
PROJECTION = re.compile(r"layers\.\d+\.(?:self_attn|mlp)\.(\w+_proj)\.lora_A")
# how a tensor's name ends -> the sizes of config.json that its first axes have
SHAPES = {"embed_tokens.weight": ("vocab_size", "hidden_size"), "mlp.gate_proj.weight": ("intermediate_size",)}

AGAIN = "download or copy it again"
ITS_BASE = "name its own base in --model{base}, or another adapter"
rules(
    Rule("model/not-named", ERROR, "no model is named (arguments/base_args/model_args.py)", "set MODEL, or add --model",
         why="ms-swift's default for --model is None, and it loads nothing then"),
    Rule("model/remote-code", WARNING, "{name} brings Python files (auto_map in its config.json), and ms-swift runs them:"
         " trust_remote_code=True in swift/model/register.py, without a flag against it",
         "read them first, or take a model that transformers itself supports", why="a model's code runs with your rights"),
    Rule("model/is-file", ERROR, "the model {name} is a file", "give {variable} the folder that holds config.json and the weights",
         why="transformers from_pretrained wants a folder or a hub id"),
    Rule("model/not-there", ERROR, "the model {name} is not there", "give {variable} a folder or a hub id such as"
         " Qwen/Qwen2.5-7B-Instruct", why="ms-swift looks up a missing path on the hub, which has no such id"),
    Rule("model/unconfirmed", SKIPPED, "whether the model {name} exists: {reason}; it must be downloaded before a run without a"
         " network", why="hubs are asked for one second in all"),
    Rule("model/not-on-hub", ERROR, "the model {name} {reason}", "give {variable} a folder, correct the id, or set USE_HF=1 for"
         " Hugging Face", why="ms-swift asks ModelScope unless USE_HF=1 or --use_hf true (hub/hub.py)"),
    Rule("model/is-adapter", ERROR, "{folder} is a LoRA adapter, not a model (it has adapter_config.json and no config.json)",
         "name its base in --model and it in --adapters {folder}, or merge it: bash scripts/export.sh {folder}",
         why="model/model_meta.py reads config.json"),
    Rule("model/no-config", ERROR, "{folder} has no config.json", "give --{flag} the folder of a model, or a hub id",
         why="model/model_meta.py reads config.json"),
    Rule("model/unreadable-file", ERROR, "{reason}", AGAIN, why="transformers raises on JSON that does not parse"),
    Rule("model/missing-shard", ERROR, "{folder}: the shard {names} is missing, which {index} names",
         "download the missing shard again", why="transformers modeling_utils.py opens every file of the index"),
    Rule("model/no-weights", ERROR, "the model {folder} has no weights (no model.safetensors)",
         "download it: its *.safetensors are missing", why="transformers from_pretrained: no file named model.safetensors"),
    Rule("model/torn-weights", ERROR, "{file} {reason}", AGAIN, why="safetensors: MetadataIncompleteBuffer, InvalidHeader"),
    Rule("model/missing-tensors", ERROR, "{folder}: tensors are missing, of model.layers.{first} and {others} other layers"
         " (config.json has {count}); transformers would fill them at random", AGAIN,
         why="from_pretrained only warns of newly initialized weights"),
    Rule("model/other-shapes", ERROR, "{folder}: the weights do not match config.json: {tensor} has the shape {shape},"
         " config.json says {config}", "use the config.json of these weights ({own}), or " + AGAIN,
         why="from_pretrained: size mismatch for …"),
    Rule("model/no-lm-head", ERROR, "{folder}: lm_head.weight is missing, and config.json says tie_word_embeddings false;"
         " transformers would fill it at random", AGAIN + ', or set "tie_word_embeddings": true if they are tied',
         why="from_pretrained only warns of newly initialized weights"),
    Rule("model/no-tokenizer", ERROR, "the model {folder} has no tokenizer (no tokenizer.json)",
         "download it: its tokenizer files are missing", why="AutoTokenizer.from_pretrained raises"),
    Rule("model/tokens-without-embedding", ERROR, "the tokenizer of {folder} has ids up to {largest}, the model's vocab_size is"
         " {vocabulary}: such a token has no embedding",
         "use the tokenizer of this model, or resize its embedding to {needed}", why="torch: index out of range in self"),
    Rule("model/adapter-not-there", ERROR, "the adapter {name} is not there",
         "give --{flag} the folder of an adapter, relative to {here}", why="ms-swift looks up a missing path on the hub"),
    Rule("model/adapter-maybe-not-there", WARNING, "the adapter {name} is not there as a folder, so it is taken for a hub's id",
         "if a path is meant, give --{flag} the folder with adapter_config.json, relative to {here}",
         why="it has the form of a hub's id, and a common name of a folder"),
    Rule("model/not-an-adapter", ERROR, "{folder} is {what} (it has no adapter_config.json)",
         "name an adapter in --{flag}, or this folder in --model", why="peft config.py reads adapter_config.json"),
    Rule("model/adapter-without-weights", ERROR, "the adapter {folder} has no adapter_model.safetensors", AGAIN,
         why="peft save_and_load.py load_peft_weights"),
    Rule("model/torn-adapter", ERROR, "the adapter's {file} {reason}", AGAIN, why="safetensors: MetadataIncompleteBuffer"),
    Rule("model/other-modules", ERROR, "the adapter {folder} is for modules that {model} does not have (target_modules {absent};"
         " the model has {has})", ITS_BASE, why="peft: target modules not found in the base model"),
    Rule("model/other-base", ERROR, "the adapter {folder} was made for another base ({named}): {difference}", ITS_BASE,
         why="peft load_state_dict: size mismatch for …lora_A"),
)  # fmt: skip


def check_weights(command: Command, lookup: Lookup) -> Iterator[Problem]:
    """The models and adapters that a command names."""
    for flag in MODELS:
        for name in command.flags.get(flag, []):
            if name and name != "None":
                yield from _model(command, flag, name, lookup)
    if command.trains and not command.given("model") and not command.given("adapters") and command.specs:
        yield found("model/not-named")
    name = command.text("model") or ""
    model = find_model(name, str(Path.cwd())) if name else None
    if model and model.folder and model.config.get("auto_map"):
        yield found("model/remote-code", name=name)
    for flag in ("adapters", "ref_adapters", "teacher_adapters"):
        for adapter in command.flags.get(flag, []):
            if adapter and adapter != "None":
                yield from _adapter(flag, adapter, model)


def _model(command: Command, flag: str, name: str, lookup: Lookup) -> Iterator[Problem]:
    folder, variable = path_of(name), "MODEL" if flag == "model" else f"--{flag}"
    if folder.is_dir():
        yield from check_folder(folder, flag)
    elif folder.is_file():
        yield found("model/is-file", name=name, variable=variable)
    elif not HUB_ID.fullmatch(name):
        yield found("model/not-there", name=name, variable=variable)
    elif (answer := lookup.ask(name, "model", uses_hf(command))).reason:
        id = "model/unconfirmed" if answer.unreachable else "model/not-on-hub"
        yield found(id, name=name, reason=answer.reason, variable=variable)


def check_folder(folder: Path, flag: str = "model") -> Iterator[Problem]:
    """A folder with config, tokenizer and whole weights. `flag` is what named it."""
    if not (folder / "config.json").is_file():
        adapter = (folder / "adapter_config.json").is_file()
        yield found("model/is-adapter" if adapter else "model/no-config", folder=folder, flag=flag)
        return
    config = {}
    try:
        config = _json_object(folder / "config.json")
    except ValueError as error:
        yield found("model/unreadable-file", reason=error)
    model = Model(str(folder), config, folder)
    yield from _weights(folder, model)
    if flag != "reward_model":
        yield from _tokenizer(folder, model)


# ---- files
def read_header(path: Path) -> dict[str, list[int]]:
    """The shapes of a safetensors file by tensor. Raises ValueError that says how the file is torn, and OSError."""
    size = path.stat().st_size
    if size < 8:
        raise ValueError("is empty" if not size else f"has only {size} bytes")
    with path.open("rb") as file:
        start = file.read(8)
        if LFS.startswith(start):
            raise ValueError("is a pointer of Git LFS, not the file: `git lfs pull`, or download it")
        (length,) = struct.unpack("<Q", start)
        if length > min(size - 8, LARGEST_HEADER):
            what = f"its header would have {length} bytes, the file has {size}"
            raise ValueError(f"is torn or not a safetensors file ({what})")
        text = file.read(length)
    try:
        entries = {name: entry for name, entry in json.loads(text).items() if name != "__metadata__"}
        end = max((int(entry["data_offsets"][1]) for entry in entries.values()), default=0)
        shapes = {name: [int(n) for n in entry["shape"]] for name, entry in entries.items()}
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise ValueError("has a header that is not a safetensors header") from None
    if size < 8 + length + end:
        raise ValueError(f"is torn: {size} bytes, its header promises {8 + length + end}")
    return shapes


def torn(path: Path) -> str:
    """Why a weight file cannot be read, '' if its beginning and end are sound. Old pickles are not checked."""
    try:
        if path.suffix == ".safetensors":
            read_header(path)
            return ""
        with path.open("rb") as file:
            start = file.read(len(LFS))
        if not start:
            return "is empty"
        if start == LFS:
            return "is a pointer of Git LFS, not the file: `git lfs pull`, or download it"
        if start[:2] == b"PK" and not zipfile.is_zipfile(path):  # of torch.save
            return f"is torn: {path.stat().st_size} bytes of an archive without its end"
    except ValueError as error:
        return str(error)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return ""


def read_json(path: Path) -> Any:
    """A JSON file. Raises ValueError that names the file, also for one that cannot be opened."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON ({error})") from None


def _json_object(path: Path) -> dict[str, Any]:
    content = read_json(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path} is not a JSON object")
    return content


# ---- weights
def _weights(folder: Path, model: Model) -> Iterator[Problem]:
    index, missing, names = folder / "model.safetensors.index.json", [], []
    if index.is_file():
        try:
            names = sorted({str(name) for name in read_json(index)["weight_map"].values()})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            yield found("model/unreadable-file", reason=f"{index} cannot be read ({error})")
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            yield found("model/missing-shard", folder=folder, names=", ".join(missing), index=index.name)
    if names:
        files = [folder / name for name in names if name not in missing]
    else:
        files = sorted([*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")])
        files = [folder / "model.safetensors"] if folder / "model.safetensors" in files else files
        if not files:
            yield found("model/no-weights", folder=folder)
    broken = [(file, reason) for file in files if (reason := torn(file))]
    for file, reason in broken:
        yield found("model/torn-weights", file=file, reason=reason)
    if files and not broken and not missing and all(file.suffix == ".safetensors" for file in files):
        shapes = {name: shape for file in files for name, shape in read_header(file).items()}
        if not model.config.get("quantization_config"):  # quantised weights have other shapes
            yield from _layers(folder, model, shapes)
            yield from _shapes(folder, model, shapes)


def _layers(folder: Path, model: Model, shapes: dict[str, list[int]]) -> Iterator[Problem]:
    """Tensors that the config promises and that are missing."""
    layers: dict[int, set[str]] = {}
    for name in shapes:
        if match := LAYER.search(name):
            layers.setdefault(int(match[1]), set()).add(match[2])
    count = model.size("num_hidden_layers")
    if layers and count and not model.config.get("vision_config"):
        which, parts = [n for n in range(min(count, 10_000)) if n not in layers], layers.get(0, set())
        if not which and not model.size("num_experts") and not model.size("first_k_dense_replace"):
            which = [n for n, names in layers.items() if n < count and len(names) < len(parts) and names < parts]
        if which:
            yield found("model/missing-tensors", folder=folder, first=which[0], others=len(which) - 1, count=count)
            return  # what else is missing may be missing with them
    head = any("lm_head" in name or "output" in name for name in shapes)
    tied = model.config.get("tie_word_embeddings", True)
    if layers and not tied and not head and model.architecture.endswith("ForCausalLM"):
        yield found("model/no-lm-head", folder=folder)


def _shapes(folder: Path, model: Model, shapes: dict[str, list[int]]) -> Iterator[Problem]:
    """Tensors of other sizes than the config's: the first of each kind."""
    for ending, keys in SHAPES.items():
        want = [model.size(key) for key in keys]
        of_kind = ((name, shape) for name, shape in shapes.items() if name.endswith(ending) and len(shape) == 2)
        name, shape = next(((name, shape) for name, shape in of_kind if shape[: len(want)] != want), ("", []))
        if name and all(want):
            said, own = (dict(zip(keys, sizes, strict=False)) for sizes in (want, shape))
            config = " and ".join(f"{key} {size}" for key, size in said.items())
            own_config = ", ".join(f"{key} {size}" for key, size in own.items())
            size = " x ".join(map(str, shape))
            yield found("model/other-shapes", folder=folder, tensor=name, shape=size, config=config, own=own_config)


# ---- tokenizer
def _tokenizer(folder: Path, model: Model) -> Iterator[Problem]:
    if not any((folder / name).is_file() for name in TOKENIZERS):
        yield found("model/no-tokenizer", folder=folder)
    for name in ("tokenizer_config.json", "generation_config.json"):
        try:
            read_json(folder / name) if (folder / name).is_file() else None
        except ValueError as error:
            yield found("model/unreadable-file", reason=error)
    path, vocabulary = folder / "tokenizer.json", model.size("vocab_size")
    if path.is_file() and path.stat().st_size <= LARGEST_TOKENIZER:
        try:
            largest = max(token_ids(path).values(), default=-1)
        except ValueError as error:
            yield found("model/unreadable-file", reason=error)
            return
        if vocabulary and largest >= vocabulary:
            sizes = {"largest": largest, "vocabulary": vocabulary, "needed": largest + 1}
            yield found("model/tokens-without-embedding", folder=folder, **sizes)


def token_ids(path: Path) -> dict[str, int]:
    """The id of each token of a tokenizer.json. Raises ValueError."""
    import orjson

    try:
        content = orjson.loads(path.read_bytes())
        vocabulary = (content.get("model") or {}).get("vocab") or {}
        if isinstance(vocabulary, list):  # of [token, score]
            vocabulary = {token: id for id, (token, _) in enumerate(vocabulary)}
        return vocabulary | {token["content"]: token["id"] for token in content.get("added_tokens") or []}
    except (orjson.JSONDecodeError, OSError, AttributeError, TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{path} cannot be read ({error})") from None


# ---- adapters
def _adapter(flag: str, name: str, model: Model | None) -> Iterator[Problem]:
    name = name.partition("=")[2] or name if not path_of(name).exists() else name
    folder = path_of(name)
    if folder.is_dir():
        yield from check_adapter(folder, model, flag)
    elif not HUB_ID.fullmatch(name) or folder.parts[:1] == ("output",):
        yield found("model/adapter-not-there", name=name, flag=flag, here=Path.cwd())
    elif folder.parts[0] in LOCAL_NAMES:
        yield found("model/adapter-maybe-not-there", name=name, flag=flag, here=Path.cwd())


def check_adapter(folder: Path, model: Model | None, flag: str) -> Iterator[Problem]:
    """An adapter's folder: its config, its weights, and whether they fit the model."""
    inner = folder / "default" if (folder / "default" / "adapter_config.json").is_file() else folder
    if not (inner / "adapter_config.json").is_file():
        if not (folder / "reft").exists():
            what = "a whole model" if (folder / "config.json").is_file() else "not an adapter"
            yield found("model/not-an-adapter", folder=folder, what=what, flag=flag)
        return
    config = {}
    try:
        config = _json_object(inner / "adapter_config.json")
    except ValueError as error:
        yield found("model/unreadable-file", reason=error)
    files = [path for name in ("adapter_model.safetensors", "adapter_model.bin") if (path := inner / name).is_file()]
    if not files:
        yield found("model/adapter-without-weights", folder=folder)
    elif reason := torn(files[0]):
        yield found("model/torn-adapter", file=files[0], reason=reason)
    elif files[0].suffix == ".safetensors" and model and config:
        yield from _fits(folder, config, read_header(files[0]), model)
    if config and model and model.folder:
        yield from _targets(folder, config, model.folder)


def _targets(folder: Path, config: dict, model: Path) -> Iterator[Problem]:
    """Modules that the adapter is for, against the names of the model's weights."""
    wanted, files = config.get("target_modules"), sorted(model.glob("*.safetensors"))
    if not isinstance(wanted, list) or not files:
        return
    has = {name.rpartition(".")[0] for file in files if not torn(file) for name in read_header(file)}
    absent = [str(one) for one in wanted if not any(name == one or name.endswith(f".{one}") for name in has)]
    if has and wanted and len(absent) == len(wanted):
        kinds = sorted({name.rpartition(".")[2] for name in has if name.endswith("_proj")})
        held = {"absent": ", ".join(absent[:4]), "has": ", ".join(kinds[:4]) or "others"}
        yield found("model/other-modules", folder=folder, model=model.name, **held, base=_base(config))


def _fits(folder: Path, config: dict, shapes: dict[str, list[int]], model: Model) -> Iterator[Problem]:
    """Columns of the adapter's matrices and its layers against the model: the first that differs."""
    into = dict.fromkeys(("q_proj", "k_proj", "v_proj", "gate_proj", "up_proj"), model.size("hidden_size"))
    into["down_proj"] = model.size("intermediate_size")
    count = model.size("num_hidden_layers")
    layers = {int(match[1]) for name in shapes if (match := LAYER.search(name))}
    differences = [
        f"{name} has {shape[1]} columns, the model {model.name} {want}"
        for name, shape in shapes.items()
        if (match := PROJECTION.search(name)) and len(shape) == 2 and (want := into.get(match[1])) and shape[1] != want
    ]
    if layers and count and max(layers) >= count:
        differences.append(f"it has {max(layers) + 1} layers, the model {model.name} {count}")
    if differences:
        named = config.get("base_model_name_or_path") or "not named"
        yield found("model/other-base", folder=folder, named=named, difference=differences[0], base=_base(config))


def _base(config: dict) -> str:
    named = config.get("base_model_name_or_path")
    return f", {named}" if named else ""


def nearest(name: str, folder: Path) -> str:
    """A file of the folder whose name is near, '' if there is none."""
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return ""
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return str(folder / near[0]) if near else ""
