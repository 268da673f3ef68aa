"""Which package of `swift_grpo` may import which: those below it in this list, never one above, so no two in a circle."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "swift_grpo"
# The sampler starts servers, which the launcher supervises and the preflight checks first: hence check and launch below it.
FLOORS = (
    "commands", "data", "evaluation", "sampling", "cpu", "check", "launch", "rollouts", "formats",
    "page_kit", "stats", "sandbox", "shipped", "printable",
)  # fmt: skip


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The rooms that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            module = node.module or ""
            found |= {f"{module}.{one.name}" if module == "swift_grpo" else module for one in node.names}
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return {name.split(".")[1] for name in found if name.startswith("swift_grpo.")} & set(FLOORS)


# __init__ names what a program may import, from whichever room it is in, and imports it when it is asked for.
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.parent != PACKAGE or room(path) != "__init__"]
FILES = [path for path in FILES if "site" not in path.parts]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_it_imports_from_below(path):
    mine = room(path)
    assert imported(path) - {mine} <= set(FLOORS[FLOORS.index(mine) + 1 :])


def test_every_room_has_its_place():
    assert {room(path) for path in FILES} == set(FLOORS)
