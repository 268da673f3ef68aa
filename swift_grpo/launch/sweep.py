"""The plan of a sweep: sweep.yaml, read and checked, and the runs that it asks for. Starts nothing."""

import hashlib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swift_grpo.formats.command_line import read_config

KEYS = ("recipe", "output", "settings", "grid", "list", "seeds")
OWN = set("OUTPUT_DIR LOGS RESUME seed output_dir resume_from_checkpoint compact dry_run stop_critical".split())
VARIABLE, FLAG = re.compile(r"[A-Z][A-Z0-9_]*"), re.compile(r"[a-z][a-z0-9_-]*")
LONGEST = 100  # characters of a folder's name

Settings = dict[str, list[str]]  # variable (upper case) or flag (lower case) of a recipe -> its words


@dataclass(frozen=True)
class Run:
    """One run. `setting` is its name without the seed, `folder` its OUTPUT_DIR."""

    name: str
    setting: str
    seed: int | None
    settings: Settings
    folder: Path

    @property
    def flags(self) -> list[str]:
        """Flags for the recipe, `--seed` first."""
        words = [] if self.seed is None else ["--seed", str(self.seed)]
        return words + [w for k, words in self.settings.items() if FLAG.fullmatch(k) for w in (f"--{k}", *words)]

    @property
    def variables(self) -> dict[str, str]:
        """The recipe's variables; several values are separated by blanks."""
        named = {name: " ".join(words) for name, words in self.settings.items() if VARIABLE.fullmatch(name)}
        return named | {"OUTPUT_DIR": str(self.folder)}


@dataclass(frozen=True)
class Sweep:
    """A recipe and the runs of it that sweep.yaml asks for."""

    recipe: Path
    output: Path
    runs: list[Run]


def read(path: Path) -> Sweep:
    """The sweep that a file describes. Raises OSError or ValueError with the entry that is wrong, and the fix."""
    config, twice = read_config(path)
    try:
        _need(not twice, f"{twice and twice[0].key} is there twice; keep one")
        unknown = [key for key in config if key not in KEYS]
        _need(not unknown, f"{', '.join(unknown)} is not known; the keys are {', '.join(KEYS)}")
        for key in ("recipe", "output"):
            _need(isinstance(config.get(key), str), f"{key} is missing; write {key}: PATH")
        recipe, output = Path(config["recipe"]), Path(config["output"])
        _need(recipe.is_file(), f"recipe: {recipe} is not there")
        # the dry run of another script might start something, and only one launch can be continued
        dry = re.search(r"--dry-run|^# \+ training", recipe.read_text("utf-8", "replace"), re.MULTILINE)
        _need(dry, f"recipe: {recipe} has no --dry-run; name a training recipe of scripts/, with its CONFIG")
        return Sweep(recipe, output, list(_runs(config, output)))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _need(holds: object, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _runs(config: dict[str, Any], output: Path) -> Iterator[Run]:
    common, seeds = _settings(config.get("settings", {}), "settings"), config.get("seeds", [None])
    seen: list[tuple[str, Settings]] = []
    valid = isinstance(seeds, list) and seeds and all(type(seed) is int and seed >= 0 for seed in seeds)
    _need("seeds" not in config or (valid and len(set(seeds)) == len(seeds)), "seeds: write whole numbers: [1, 2, 3]")
    for number, entry in enumerate(_entries(config), start=1):
        own = _settings({key: value for key, value in entry.items() if key != "name"}, f"entry {number}")
        differs = ",".join(f"{name}={'+'.join(words)}" for name, words in own.items())
        name, settings = folder_name(str(entry.get("name", differs))), common | own
        _need(all(settings != other for _, other in seen), f"entry {number} ({name}) is equal to another; remove it")
        _need(
            all(name != other for other, _ in seen), f"two entries have the name {name}; give each a `name` in a list"
        )
        seen.append((name, settings))
        for seed in seeds:
            title = "-".join(filter(None, [name, "" if seed is None else f"seed{seed}"])) or "run"
            yield Run(title, name, seed, settings, output / title)


def _entries(config: dict[str, Any]) -> list[dict]:
    """The entries of `list`, or each combination of `grid`; one without settings if there is neither."""
    _need("grid" not in config or "list" not in config, "grid and list are both there; keep one")
    if "list" in config:
        entries = config["list"]
        valid = isinstance(entries, list) and entries and all(isinstance(entry, dict) for entry in entries)
        _need(valid, "list: write [{name: base}, {name: hot, learning_rate: 1e-5}]")
        return entries
    grid = config.get("grid", {})
    valid = isinstance(grid, dict) and all(isinstance(values, list) and values for values in grid.values())
    _need(valid and (grid or "grid" not in config), "grid: write a list of values each: {learning_rate: [1e-6, 3e-6]}")
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def _settings(given: Any, where: str) -> Settings:
    _need(isinstance(given, dict), f"{where}: write {where}: {{max_steps: 40}}")
    found: Settings = {}
    for name, value in given.items():
        known = VARIABLE.fullmatch(str(name)) or FLAG.fullmatch(str(name))
        _need(known, f"{where}: {name} is neither a flag (learning_rate) nor a variable (MODEL) of a recipe")
        _need(name.replace("-", "_") not in OWN, f"{where}: the sweep sets {name} for each run; remove it")
        words = value if isinstance(value, list) else [value]
        plain = words and not any(isinstance(one, dict | list | None) or "\0" in str(one) for one in words)
        _need(plain, f"{where}: {name} has no value, or a mapping; write a number, a text, or a list of them")
        found[name] = [str(one).lower() if isinstance(one, bool) else str(one) for one in words]
    return found


def folder_name(name: str) -> str:
    """A name with only safe characters; one that is too long is cut, with a hash of all of it.

    >>> folder_name("MODEL=Qwen/Qwen2.5-7B,beta=0"), folder_name("../x"), folder_name("a" * 200)[-12:]
    ('MODEL=Qwen_Qwen2.5-7B,beta=0', '_x', 'aaa-c2a908d9')
    """
    safe = re.sub(r"[^\w.=,+-]", "_", name, flags=re.ASCII).lstrip(".-")
    hashed = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
    return safe if len(safe) <= LONGEST else f"{safe[: LONGEST - 9]}-{hashed}"
