"""What may stand on what in swift_grpo/rollouts: each storey on those below, no view on another, nothing in a circle."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

HOUSE = ROOT / "swift_grpo/rollouts"
# Storey -> what it may stand on, beside itself.
BELOW = {
    "reading": set(),
    "index": {"reading"},
    "facts": {"index", "reading"},
    "completion_text": {"facts", "index", "reading"},
    "diagnosis": {"facts", "index", "reading"},
    "diagnosis_summary": {"diagnosis", "facts", "index", "reading"},
}
BELOW["open_run"] = BELOW["diagnosis"]
BELOW |= {
    view: {"diagnosis_summary", "completion_text", *BELOW["diagnosis_summary"]} for view in ("terminal", "tui", "page")
}


def storey(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def modules(path: Path) -> set[str]:
    """The modules of this house that a file imports, anywhere in it, below `swift_grpo.rollouts`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        names += [f"{node.module}.{one.name}" for one in node.names] if names else []
        names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
        found |= {
            name.removeprefix("swift_grpo.rollouts.") for name in names if name.startswith("swift_grpo.rollouts.")
        }
    return found


FILES = [path for path in sorted(HOUSE.rglob("*.py")) if storey(path) != "__init__"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_it_stands_on_the_storeys_below(path):
    mine = storey(path)
    stands_on = {name.split(".")[0] for name in modules(path)} - {mine}
    assert stands_on <= BELOW[mine], stands_on - BELOW[mine]


def test_no_circle():
    files = {".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
    imports = {name: {one for one in modules(path) if one in files} - {name} for name, path in files.items()}
    inits = {name for name, path in files.items() if path.name == "__init__.py"}
    while imports:
        ready = {name for name, on in imports.items() if not (on - inits) & imports.keys()}
        assert ready, f"these import one another: {sorted(imports)}"
        imports = {name: on for name, on in imports.items() if name not in ready}
