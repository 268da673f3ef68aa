"""The folders of the plugin and the prompts: inside the installed package, or next to it in a checkout (setup.py)."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def _folder(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


PLUGINS, PROMPTS = _folder("plugin"), _folder("prompts")
