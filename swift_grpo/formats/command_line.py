"""Reads a `swift` command line and its configuration file as ms-swift does."""

import json
import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
PYTHON = re.compile(r"python[\d.]*|torchrun|accelerate|deepspeed")
MODULE = re.compile(r"swift[./]cli[./](_megatron[./])?(\w+)$")
LAUNCHERS = {"launch", "torch.distributed.run", "torch.distributed.launch", "accelerate.commands.launch"}
ROUTES = (
    "pt sft infer merge-lora web-ui deploy rollout rlhf sample export eval app".split()
)  # cli/main.py ROUTE_MAPPING
# option of torchrun, accelerate, deepspeed -> the variable that tells `swift` the same
SAME = {"nproc_per_node": "NPROC_PER_NODE", "nnodes": "NNODES", "node_rank": "NODE_RANK", "master_addr": "MASTER_ADDR"}
SAME |= {
    "master_port": "MASTER_PORT",
    "num_processes": "NPROC_PER_NODE",
    "num_machines": "NNODES",
    "machine_rank": "NODE_RANK",
}
SAME |= {
    "main_process_ip": "MASTER_ADDR",
    "main_process_port": "MASTER_PORT",
    "num_gpus": "NPROC_PER_NODE",
    "num_nodes": "NNODES",
}
LONG_DASH = re.compile(r"[\u2010-\u2015\u2212]+-?[A-Za-z]")  # word processors and web pages write it for two hyphens
TRUE, FALSE = {"true", "t", "yes", "y", "1"}, {"false", "f", "no", "n", "0"}  # HfArgumentParser.string_to_bool
CONFIG_SUFFIXES = (".yaml", ".yml", ".json")  # swift/cli/main.py parse_yaml_args


@dataclass
class Command:
    """One `swift KIND [config] --flags` with its environment.

    `flags`: flag -> values as text, from the configuration first; a repeated flag replaces the earlier one, as in
    argparse. `specs`: what ms-swift knows about the command's flags (known_flags). `strays`: words without a flag.
    """

    kind: str
    flags: dict[str, list[str]]
    environ: dict[str, str]
    specs: dict[str, dict[str, Any]] = field(default_factory=dict)
    strays: list[str] = field(default_factory=list)
    assigned: dict[str, str] = field(default_factory=dict)  # variables that the command itself sets
    config: dict[str, Any] = field(default_factory=dict)
    config_file: str = ""
    device: str = "gpu"

    def given(self, *names: str) -> bool:
        """Whether one of the flags has a value other than None and ''."""
        return any(any(value not in ("None", "") for value in self.flags.get(name, [])) for name in names)

    def values(self, name: str) -> list[str]:
        """All values of a flag, or ms-swift's default."""
        if name in self.flags:
            return [value for value in self.flags[name] if value != "None"]
        default = self.specs.get(name, {}).get("default")
        return [] if default is None else list(map(str, default if isinstance(default, list) else [default]))

    def text(self, name: str) -> str | None:
        values = self.values(name)
        return values[-1] if values else None

    def number(self, name: str) -> int | float | None:
        """The flag as a number, int if it is whole; None without a finite number (the flag check reports that)."""
        try:
            value = float(self.text(name) or "")
        except ValueError:
            return None
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 1e15 else value

    def whole(self, name: str, least: int = 1) -> int | None:
        """The flag as a whole number of at least `least`, else None."""
        value = self.number(name)
        return value if isinstance(value, int) and value >= least else None

    def true(self, name: str) -> bool:
        if f"no_{name}" in self.flags:
            return (self.flags[f"no_{name}"] or ["true"])[-1].lower() not in TRUE
        if self.flags.get(name) == []:
            return True
        return (self.text(name) or "").lower() in TRUE

    def variable(self, name: str) -> int | None:
        """An environment variable as a whole number; None if it is unset or not a whole number."""
        value = self.environ.get(name, "").strip()
        return int(value) if re.fullmatch(r"[+-]?\d{1,9}", value) else None

    @cached_property
    def grpo(self) -> bool:
        return self.kind == "rlhf" and self.text("rlhf_type") == "grpo"

    @cached_property
    def trains(self) -> bool:
        return self.kind in {"rlhf", "sft", "pt"}

    @cached_property
    def local_ranks(self) -> int:
        return max(self.variable("NPROC_PER_NODE") or 1, 1)

    @cached_property
    def ranks(self) -> int:
        """Of all machines: scripts/train_multi_gpu.sh says how many, since they need not have the same number each."""
        return self.variable("SWIFT_GRPO_RANKS") or self.local_ranks * max(self.variable("NNODES") or 1, 1)

    @cached_property
    def on_cpu(self) -> bool:
        return self.device == "cpu" or self.true("use_cpu")

    @cached_property
    def lora(self) -> bool:
        return self.text("tuner_type") not in {"full", None} and self.trains

    @cached_property
    def vllm(self) -> str:
        """ "colocate", "server", or "" where transformers generates."""
        mode = self.text("vllm_mode") or ""
        return mode if self.grpo and self.true("use_vllm") and mode in {"colocate", "server"} else ""

    @cached_property
    def evaluates(self) -> bool:
        """Whether the run evaluates (`_init_eval_strategy`, DataArguments): with a set, by save_strategy by default."""
        strategy = self.text("eval_strategy") or self.text("save_strategy") or "steps"
        split = (self.number("split_dataset_ratio") or 0) > 0 and not self.true("streaming")
        return strategy != "no" and (self.given("val_dataset", "cached_val_dataset") or split)

    @cached_property
    def columns(self) -> dict[str, str]:
        return {key: str(value) for key, value in (self.mapping("columns") or {}).items()}

    def mapping(self, name: str) -> dict[str, Any] | None:
        """A flag that takes JSON, read as in ms-swift (utils/utils.py json_parse_to_dict): a JSON file, JSON, or a text
        that json_repair can repair. None if it is missing or not a JSON object."""
        text = self.text(name) or "null"
        try:
            file = path_of(text)
            value = json.loads(file.read_text(encoding="utf-8")) if file.exists() else _repaired(text)
        except (OSError, ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


def _repaired(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        try:
            from json_repair import repair_json
        except ImportError:  # it comes with ms-swift
            raise error from None
        return json.loads(repair_json(text))


def path_of(name: str) -> Path:
    """`name` as a path that is safe to test; a name that no file system can hold becomes a path that does not exist.

    >>> path_of("a/b.json").name, path_of("x" * 5000).exists(), path_of("a\\0b").exists()
    ('b.json', False, False)
    """
    short = len(name) < 4000 and all(len(part.encode(errors="replace")) < 255 for part in name.split("/"))
    return Path(name if short and "\0" not in name else f"{name[:80]}…".replace("\0", ""))


@dataclass
class Start:
    """How a command starts ms-swift: `swift KIND`, or swift.cli by python, torchrun, accelerate or deepspeed."""

    kind: str
    rest: list[str]
    assigned: dict[str, str]
    direct: bool = False  # without swift/cli/main.py, which reads a configuration and NPROC_PER_NODE
    launched: bool = False  # by a launcher that sets the number of processes
    megatron: bool = False


def start_of(words: list[str]) -> Start | None:
    """The first start of ms-swift in the words, after `env`, `nohup`, `srun …` and the like; None if there is none.

    >>> start_of("A=1 nohup torchrun --nproc_per_node 2 -m swift.cli.rlhf --beta 0".split()).assigned
    {'A': '1', 'NPROC_PER_NODE': '2'}
    """
    assigned: dict[str, str] = {}
    for at, word in enumerate(words):
        name, following = word.rpartition("/")[2], words[at + 1 :]
        if ASSIGNMENT.fullmatch(word):
            assigned[word.partition("=")[0]] = word.partition("=")[2]
        elif name in ("swift", "megatron") and following and not following[0].startswith("-"):
            return Start(following[0].replace("_", "-"), following[1:], assigned, megatron=name == "megatron")
        elif PYTHON.fullmatch(name) and (start := _by_python(name, following, assigned)):
            return start
    return None


def _by_python(program: str, words: list[str], assigned: dict[str, str]) -> Start | None:
    said: dict[str, str] = {}
    launched, at = program in ("torchrun", "deepspeed"), 0
    while at < len(words):
        word, following = words[at], words[at + 1 : at + 2]
        at += 1
        if word in ("-m", "--module"):
            continue
        if word in LAUNCHERS:
            launched = True
        elif found := MODULE.search(word.removesuffix(".py")):
            kind, rest = (
                (found[2], words[at:]) if found[2] != "main" else ("".join(words[at : at + 1]), words[at + 1 :])
            )
            if said.get("num_processes", "").isdigit() and said.get("num_machines", "").isdigit():
                said["num_processes"] = str(int(said["num_processes"]) // max(int(said["num_machines"]), 1))
            told = {SAME[name]: value for name, value in said.items() if name in SAME}
            return Start(kind.replace("_", "-"), rest, assigned | told, found[2] != "main", launched, bool(found[1]))
        elif word.startswith("-"):
            name, equals, value = word.lstrip("-").replace("-", "_").partition("=")
            if (
                not equals
                and following
                and not following[0].startswith("-")
                and not MODULE.search(following[0].removesuffix(".py"))
            ):
                value, at = following[0], at + 1
            said[name] = value
        else:
            return None
    return None


def words_of(config: dict[str, Any]) -> list[str]:
    """The command-line words that ms-swift makes from a configuration."""
    words = []
    for name, value in config.items():
        words += [f"--{name}", *(_text(v) for v in (value if isinstance(value, list) else [value]))]
    return words


def take(command: Command, words: list[str]) -> None:
    name, lost = "", False
    for word in words:
        if LONG_DASH.match(word) or (word and not word.strip(" \t\r\n\\")):
            lost = lost or bool(word.strip(" \t\r\n\\"))
            command.strays.append(word)
            continue
        lost = lost and not word.startswith("--")
        if lost:  # the values of a flag with a wrong dash
            continue
        if word.startswith("--") and len(word) > 2 and " " not in word.partition("=")[0]:
            name, equals, value = word[2:].partition("=")
            name = resolve(name, command.specs)
            command.flags[name] = [value] if equals else []
        elif word.startswith("-") and not _number(word) and re.match(r"-[A-Za-z]", word) and " " not in word:
            name = ""
            command.strays.append(word)
        elif name:
            command.flags[name].append(word)
        else:
            command.strays.append(word)


def resolve(name: str, specs: dict[str, Any]) -> str:
    """The flag that argparse reads for `name`: itself, the only flag that begins with it, else `name` unchanged.

    >>> resolve("max_step", {"max_steps": {}, "max_length": {}}), resolve("max", {"max_steps": {}, "max_length": {}})
    ('max_steps', 'max')
    >>> resolve("max-steps", {"max_steps": {}, "max-steps": {}})
    'max_steps'
    """
    if name not in specs:
        begun = [flag for flag in specs if flag.startswith(name)]
        name = begun[0] if len(begun) == 1 else name
    underscored = name.replace("-", "_")
    return underscored if underscored in specs else name


def _number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def expand(words: list[str]) -> dict[str, list[str]]:
    """Flags and their values, those of a configuration file first. Raises OSError or ValueError for a bad file."""
    command = Command("", {}, {})
    words = list(words)
    if words and words[0].endswith(CONFIG_SUFFIXES):
        config, _ = read_config(Path(words.pop(0)))
        config.pop("ENV", None)
        words = [*words_of(config), *words]
    take(command, words)
    return command.flags


@dataclass(frozen=True)
class Twice:
    """A key that a configuration has twice, and its lines, from 1. In YAML the last one wins."""

    key: str
    first: int
    again: int


def read_config(path: Path) -> tuple[dict[str, Any], list[Twice]]:
    """The mapping in a YAML or JSON configuration file, and its repeated keys. Raises OSError or ValueError."""
    import yaml

    twice: list[Twice] = []

    class Loader(yaml.SafeLoader):
        pass

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if isinstance(key.value, str) and key.value in seen:
                twice.append(Twice(key.value, seen[key.value], line))
            seen[str(key.value)] = line
        loader.flatten_mapping(node)
        return yaml.SafeLoader.construct_mapping(loader, node, deep=True)

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise OSError(f"the configuration {path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"the configuration {path} is not UTF-8 text ({error.reason})") from None
    try:
        config = yaml.load(text, Loader=Loader)  # JSON is YAML; a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        line = (
            text.splitlines()[mark.line : mark.line + 1] if mark else []
        )  # YAML ends lines at more characters than "\n"
        tab = " (a tab; YAML indents with spaces)" if "\t" in "".join(line) else ""
        reason = getattr(error, "problem", None) or type(error).__name__
        raise ValueError(f"the configuration {path} is not YAML: {where}{reason}{tab}") from None
    if config is None:
        raise ValueError(f"the configuration {path} is empty: remove it from the command, or write `key: value` lines")
    if not isinstance(config, dict):
        kind = "a list (no dash before a key)" if isinstance(config, list) else type(config).__name__
        raise ValueError(f"the configuration {path} holds {kind}, not a mapping `key: value`")
    return {str(name): value for name, value in config.items()}, twice


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict) else str(value)
