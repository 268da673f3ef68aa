"""Reads a `swift` command line as ms-swift will read it."""

import json
from pathlib import Path
from typing import Any


def expand(words: list[str]) -> dict[str, list[str]]:
    """Flags and their values, those of a configuration file first: ms-swift's `parse_yaml_args` (swift/cli/main.py).

    A flag that comes again replaces the earlier one, as argparse has it. Raises OSError or ValueError for a file that
    cannot be read.
    """
    flags: dict[str, list[str]] = {}
    if words and words[0].endswith((".yaml", ".yml", ".json")):
        config = read_config(Path(words[0]))
        config.pop("ENV", None)
        flags |= {
            name: [_text(v) for v in (value if isinstance(value, list) else [value])] for name, value in config.items()
        }
        words = words[1:]
    name = ""
    for word in words:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            flags[name] = [value] if equals else []
        elif name:
            flags[name].append(word)
    return flags


def read_config(path: Path) -> dict[str, Any]:
    """The mapping in a YAML or JSON configuration file."""
    import yaml

    config = yaml.safe_load(path.read_text(encoding="utf-8"))  # JSON is YAML
    if not isinstance(config, dict):
        raise ValueError(f"{path} holds no mapping of flags to values")
    return config


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
