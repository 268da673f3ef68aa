"""Markdown in and out: cells of a table, and what a page shows as code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)(.+?)\1")
NEEDS = "# needs "  # the first line of a block that cannot run here: a card, a network, a run that lasts


@dataclass(frozen=True)
class Block:
    """What stands between two fences; `line` is that of its first line in the page, from 1."""

    page: str
    line: int
    language: str
    text: str

    @property
    def needs(self) -> str:
        """What it takes to run it, '' if it runs anywhere."""
        first = self.text.partition("\n")[0]
        return first.removeprefix(NEEDS) if first.startswith(NEEDS) else ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """The README, everything in docs/ and examples/, and the pages that stand beside code."""
    beside = ("CONTRIBUTING.md", "plugin/README.md", "swift_grpo/rollouts/README.md")
    folders = (path for name in ("docs", "examples") for path in sorted((ROOT / name).rglob("*.md")))
    return [ROOT / "README.md", *folders, *(ROOT / name for name in beside)]


def blocks() -> Iterator[Block]:
    for path in pages():
        text = path.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start(2)) + 1
            yield Block(str(path.relative_to(ROOT)), line, found[1], found[2])


def inline_code(path: Path) -> list[str]:
    """What stands between backticks in the page's own sentences and tables."""
    return [found[2].replace("\\|", "|") for found in CODE.finditer(FENCE.sub("", path.read_text(encoding="utf-8")))]


def row(*cells: str) -> str:
    """A line of a table; a bar in a cell ends no cell."""
    return "| " + " | ".join(escaped(cell).replace("|", "\\|") for cell in cells) + " |\n"


def escaped(text: str) -> str:
    """Text in which `<` outside of code begins no tag."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)
