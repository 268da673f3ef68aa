"""Where the plugin and the prompts are: inside the package once it is installed, beside it in a checkout (setup.py)."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def _folder(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


PLUGINS, PROMPTS = _folder("plugin"), _folder("prompts")
