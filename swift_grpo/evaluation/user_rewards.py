"""The user's own rewards, from Python files that register them."""

import ast
import importlib.util
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

from grpo_rewards.contract import RewardError

from swift_grpo.check import probe

LIGHT = {*probe.CLASSES, *probe.REGISTRIES}  # names of ms-swift that registering a reward needs
ORMS: dict[str, type] = {}  # rewards that such files add to ms-swift's `orms`


def load_plugins(paths: Iterable[Path]) -> None:
    """Import each file with `load_plugin`."""
    for path in paths:
        load_plugin(path)


def load_plugin(path: Path) -> None:
    """Import a file that registers rewards, by `register_reward` or in `orms`. This runs the user's own code.

    ms-swift takes half a minute to import, so a stand-in replaces it if the file only imports the names in LIGHT.
    Raises RewardError if the import fails.
    """
    spec = importlib.util.spec_from_file_location(f"rewards_of_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise RewardError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        tree = ast.walk(ast.parse(path.read_bytes()))
        of_swift = [
            node for node in tree if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "swift"
        ]
        if {alias.name for node in of_swift for alias in node.names} <= LIGHT and "swift" not in sys.modules:
            sys.meta_path.insert(0, probe.Finder({"swift"}))
        spec.loader.exec_module(module)
    except Exception as error:
        raise RewardError(place_of(error, path)) from None
    held = getattr(sys.modules.get("swift.rewards"), "orms", {})
    ORMS.update({name: kind for name, kind in held.items() if not kind.__module__.startswith("swift.")})


def place_of(error: Exception, path: Path) -> str:
    """The exception as text, with the last line of the file in its traceback."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{path}{f', line {lines[-1]}' if lines else ''}: {type(error).__name__}: {error}"
