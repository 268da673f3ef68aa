"""Is the model there, whole, and what its config says? And the adapters that go on it."""

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

from swift_grpo.check.hub import HUB_ID, Lookup
from swift_grpo.check.model import Model, find_model
from swift_grpo.check.problem import Problem, skipped, warning
from swift_grpo.check.safetensors_header import read_header, read_json, torn
from swift_grpo.formats.command_line import Command, path_of

AGAIN = "download or copy it again"
TOKENIZERS = (
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "vocab.txt",
    "spiece.model",
    "tiktoken.model",
    "qwen.tiktoken",
)
LOCAL_NAMES = (
    "adapters",
    "adapter",
    "checkpoints",
    "checkpoint",
    "models",
    "lora",
    "outputs",
    "runs",
    "ckpt",
)  # of folders
MODELS = ("model", "teacher_model", "ref_model", "reward_model")  # flags that name one
LARGEST_TOKENIZER = 30_000_000  # bytes that are parsed
LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.(.+)$")
PROJECTION = re.compile(r"layers\.\d+\.(?:self_attn|mlp)\.(\w+_proj)\.lora_([AB])")


def check_weights(command: Command, lookup: Lookup) -> Iterator[Problem]:
    """The models and adapters that a command names."""
    use_hf = command.true("use_hf") or command.environ.get("USE_HF", "").lower() in {"1", "true"}
    for flag in MODELS:
        for name in command.flags.get(flag, []):
            if name and name != "None":
                yield from _model(command, flag, name, lookup, use_hf)
    if command.trains and not command.given("model") and not command.given("adapters") and command.specs:
        yield Problem("no model is named (arguments/base_args/model_args.py)", "set MODEL, or add --model")
    name = command.text("model") or ""
    model = find_model(name, str(Path.cwd())) if name else None
    if model and model.folder and model.config.get("auto_map"):
        yield warning(
            f"{name} brings Python files (auto_map in its config.json), and ms-swift runs them: trust_remote_code=True in "
            "swift/model/register.py, without a flag against it",
            "read them first, or take a model that transformers itself knows",
        )
    for flag in ("adapters", "ref_adapters", "teacher_adapters"):
        for adapter in command.flags.get(flag, []):
            if adapter and adapter != "None":
                yield from _adapter(command, flag, adapter, model)


def _model(command: Command, flag: str, name: str, lookup: Lookup, use_hf: bool) -> Iterator[Problem]:
    folder = path_of(name)
    variable = "MODEL" if flag == "model" else f"--{flag}"
    if folder.is_dir():
        yield from check_folder(folder, flag)
        return
    if folder.is_file():
        yield Problem(
            f"the model {name} is a file", f"give {variable} the folder that holds config.json and the weights"
        )
    elif not HUB_ID.fullmatch(name):
        yield Problem(
            f"the model {name} is not there", f"give {variable} a folder or a hub id such as Qwen/Qwen2.5-7B-Instruct"
        )
    else:
        answer = lookup.ask(name, "model", use_hf)
        if answer.unreachable:
            yield skipped(
                f"whether the model {name} exists: {answer.reason}; it must be downloaded before a run without"
                " a network"
            )
        elif answer.reason:
            fix = f"give {variable} a folder, correct the id, or set USE_HF=1 for Hugging Face"
            yield Problem(f"the model {name} {answer.reason}", fix)


def check_folder(folder: Path, flag: str = "model") -> Iterator[Problem]:
    """A folder with config, tokenizer and whole weights. `flag` is what named it."""
    if not (folder / "config.json").is_file():
        if (folder / "adapter_config.json").is_file():
            yield Problem(
                f"{folder} is a LoRA adapter, no model (it has adapter_config.json and no config.json)",
                f"name its base in --model and it in --adapters {folder}, or merge it: bash scripts/export.sh {folder}",
            )
        else:
            yield Problem(f"{folder} has no config.json", f"give --{flag} the folder of a model, or a hub id")
        return
    try:
        config = read_json(folder / "config.json")
        if not isinstance(config, dict):
            raise ValueError(f"{folder / 'config.json'} is no JSON object")
    except ValueError as error:
        yield Problem(str(error), AGAIN)
        return
    model = Model(str(folder), config, folder)
    yield from _weights(folder, model)
    if flag != "reward_model":
        yield from _tokenizer(folder, model)


# ---- weights
def _weights(folder: Path, model: Model) -> Iterator[Problem]:
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        try:
            placed = read_json(index)["weight_map"]
            names = sorted({str(name) for name in placed.values()})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            yield Problem(f"{index} cannot be read ({error})", AGAIN)
            return
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            yield Problem(
                f"{folder}: the shard {', '.join(missing)} is missing, which {index.name} names",
                "download the missing shard again",
            )
            return
        files = [folder / name for name in names]
    else:
        files = sorted([*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")])
        files = [folder / "model.safetensors"] if folder / "model.safetensors" in files else files
    if not files:
        yield Problem(
            f"the model {folder} has no weights (no model.safetensors)", "download it: its *.safetensors are missing"
        )
        return
    broken = [(file, reason) for file in files if (reason := torn(file))]
    for file, reason in broken:
        yield Problem(f"{file} {reason}", AGAIN)
    if not broken and all(file.suffix == ".safetensors" for file in files):
        yield from _tensors(folder, model, {name: shape for file in files for name, shape in read_header(file).items()})


def _tensors(folder: Path, model: Model, shapes: dict[str, list[int]]) -> Iterator[Problem]:
    """The tensors against the config: layers that are not there, sizes that differ. Quantised weights have shapes of their own."""
    if model.config.get("quantization_config"):
        return
    layers: dict[int, set[str]] = {}
    for name in shapes:
        if found := LAYER.search(name):
            layers.setdefault(int(found[1]), set()).add(found[2])
    count = model.size("num_hidden_layers")
    if layers and count and not model.config.get("vision_config"):
        absent = [n for n in range(min(count, 10_000)) if n not in layers]
        parts = layers.get(0, set())
        thin = [n for n, names in layers.items() if n < count and len(names) < len(parts) and names < parts]
        if absent or (thin and not model.size("num_experts") and not model.size("first_k_dense_replace")):
            which = absent or thin
            yield Problem(
                f"{folder}: tensors are missing, of model.layers.{which[0]} and {len(which) - 1} other layers"
                f" (config.json has {count}); transformers would make them up at random",
                AGAIN,
            )
            return
    hidden, vocabulary = model.size("hidden_size"), model.size("vocab_size")
    for name, shape in shapes.items():
        if (
            name.endswith("embed_tokens.weight")
            and len(shape) == 2
            and hidden
            and vocabulary
            and shape != [vocabulary, hidden]
        ):
            yield Problem(
                f"{folder}: the weights do not match config.json: {name} has the shape {shape[0]} x {shape[1]},"
                f" config.json says vocab_size {vocabulary} and hidden_size {hidden}",
                f"use the config.json of these weights (hidden_size {shape[1]}, vocab_size {shape[0]}), or {AGAIN}",
            )
            return
    inner = model.size("intermediate_size")
    for name, shape in shapes.items():
        if name.endswith("mlp.gate_proj.weight") and inner and len(shape) == 2 and shape[0] != inner:
            yield Problem(
                f"{folder}: the weights do not match config.json: {name} has the shape {shape[0]} x {shape[1]},"
                f" config.json says intermediate_size {inner}",
                f"use the config.json of these weights (intermediate_size {shape[0]}), or {AGAIN}",
            )
            return
    architecture = (
        str((model.config.get("architectures") or [""])[0])
        if isinstance(model.config.get("architectures"), list)
        else ""
    )
    tied = model.config.get("tie_word_embeddings", True)
    if (
        architecture.endswith("ForCausalLM")
        and layers
        and not tied
        and not any("lm_head" in n or "output" in n for n in shapes)
    ):
        yield Problem(
            f"{folder}: lm_head.weight is missing, and config.json says tie_word_embeddings false;"
            " transformers would make it up at random",
            f'{AGAIN}, or set "tie_word_embeddings": true if they are tied',
        )


# ---- tokenizer
def _tokenizer(folder: Path, model: Model) -> Iterator[Problem]:
    if not any((folder / name).is_file() for name in TOKENIZERS):
        yield Problem(
            f"the model {folder} has no tokenizer (no tokenizer.json)", "download it: its tokenizer files are missing"
        )
        return
    for name in ("tokenizer_config.json", "generation_config.json"):
        if (folder / name).is_file():
            try:
                read_json(folder / name)
            except ValueError as error:
                yield Problem(str(error), AGAIN)
    path = folder / "tokenizer.json"
    if not path.is_file() or path.stat().st_size > LARGEST_TOKENIZER:
        return
    try:
        largest = largest_token(path)
    except ValueError as error:
        yield Problem(str(error), AGAIN)
        return
    vocabulary = model.size("vocab_size")
    if vocabulary and largest >= vocabulary:
        yield Problem(
            f"the tokenizer of {folder} has ids up to {largest}, the model's vocab_size is {vocabulary}: such"
            " a token has no embedding",
            f"use the tokenizer of this model, or resize its embedding to {largest + 1}",
        )


def largest_token(path: Path) -> int:
    """The largest id in a tokenizer.json, -1 if it has none. Raises ValueError."""
    import orjson

    try:
        content = orjson.loads(path.read_bytes())
        model = content.get("model") or {}
        vocabulary = model.get("vocab") or {}
        ids = vocabulary.values() if isinstance(vocabulary, dict) else range(len(vocabulary))
        added = [token["id"] for token in content.get("added_tokens") or []]
        return max([*ids, *added], default=-1)
    except (orjson.JSONDecodeError, OSError, AttributeError, TypeError, KeyError) as error:
        raise ValueError(f"{path} cannot be read ({error})") from None


# ---- adapters
def _adapter(command: Command, flag: str, name: str, model: Model | None) -> Iterator[Problem]:
    name = name.partition("=")[2] or name if not path_of(name).exists() else name
    folder = path_of(name)
    if not folder.is_dir():
        if not HUB_ID.fullmatch(name) or folder.parts[:1] == ("output",):
            yield Problem(
                f"the adapter {name} is not there", f"give --{flag} the folder of an adapter, relative to {Path.cwd()}"
            )
        elif folder.parts[0] in LOCAL_NAMES:
            yield warning(
                f"the adapter {name} is not there as a folder, so it is taken for a hub's id",
                f"if a path is meant, give --{flag} the folder with adapter_config.json, relative to {Path.cwd()}",
            )
        return
    yield from check_adapter(folder, model, flag)


def check_adapter(folder: Path, model: Model | None, flag: str) -> Iterator[Problem]:
    """An adapter's folder: its config, its weights, and whether they fit the model."""
    inner = folder / "default" if (folder / "default" / "adapter_config.json").is_file() else folder
    if not (inner / "adapter_config.json").is_file():
        if (folder / "reft").exists():
            return
        what = "a whole model" if (folder / "config.json").is_file() else "no adapter"
        yield Problem(
            f"{folder} is {what} (it has no adapter_config.json)",
            f"name an adapter in --{flag}, or this folder in --model",
        )
        return
    try:
        config = read_json(inner / "adapter_config.json")
    except ValueError as error:
        yield Problem(str(error), AGAIN)
        return
    files = [path for name in ("adapter_model.safetensors", "adapter_model.bin") if (path := inner / name).is_file()]
    if not files:
        yield Problem(f"the adapter {folder} has no adapter_model.safetensors", AGAIN)
        return
    if reason := torn(files[0]):
        yield Problem(f"the adapter's {files[0]} {reason}", AGAIN)
        return
    if files[0].suffix == ".safetensors" and model and isinstance(config, dict):
        yield from _fits(folder, config, read_header(files[0]), model)
    if isinstance(config, dict) and model and model.folder:
        yield from _targets(folder, config, model.folder)


def _targets(folder: Path, config: dict, model: Path) -> Iterator[Problem]:
    """Modules that the adapter is for, against the names of the model's weights (peft: target modules not found)."""
    wanted, files = config.get("target_modules"), sorted(model.glob("*.safetensors"))
    if not isinstance(wanted, list) or not files:
        return
    has = {name.rpartition(".")[0] for file in files if not torn(file) for name in read_header(file)}
    absent = [str(one) for one in wanted if not any(name == one or name.endswith(f".{one}") for name in has)]
    if has and wanted and len(absent) == len(wanted):
        base = str(config.get("base_model_name_or_path") or "")
        kinds = sorted({name.rpartition(".")[2] for name in has if name.endswith("_proj")})
        yield Problem(
            f"the adapter {folder} is for modules that {model.name} does not have (target_modules"
            f" {', '.join(absent[:4])}; the model has {', '.join(kinds[:4]) or 'others'})",
            f"name its own base in --model{f', {base}' if base else ''}, or another adapter",
        )


def _fits(folder: Path, config: dict, shapes: dict[str, list[int]], model: Model) -> Iterator[Problem]:
    hidden, inner = model.size("hidden_size"), model.size("intermediate_size")
    layers = {int(found[1]) for name in shapes if (found := LAYER.search(name))}
    base = str(config.get("base_model_name_or_path") or "")
    for name, shape in shapes.items():
        found = PROJECTION.search(name)
        if not found or found[2] != "A" or len(shape) != 2:
            continue
        want = {
            "q_proj": hidden,
            "k_proj": hidden,
            "v_proj": hidden,
            "gate_proj": hidden,
            "up_proj": hidden,
            "down_proj": inner,
        }.get(found[1])
        if want and shape[1] != want:
            yield Problem(
                f"the adapter {folder} was made for another base ({base or 'not named'}): {name} has"
                f" {shape[1]} columns, the model {model.name} {want}",
                f"name its own base in --model{f', {base}' if base else ''}, or another adapter",
            )
            return
    count = model.size("num_hidden_layers")
    if layers and count and max(layers) >= count:
        yield Problem(
            f"the adapter {folder} was made for another base ({base or 'not named'}): it has {max(layers) + 1}"
            f" layers, the model {model.name} {count}",
            "name its own base in --model, or another adapter",
        )


def nearest(name: str, folder: Path) -> str:
    """A file of the folder whose name is near, '' if there is none."""
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return ""
    found = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return str(folder / found[0]) if found else ""
