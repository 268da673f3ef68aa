"""Links, anchors and files that the pages name are there, and the README leads to every page."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.markdown import FENCE, inline_code, pages

LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
OURS = re.compile(r"(scripts|docs|tests|swift_grpo|plugin|configs|examples|prompts|requirements)/[\w./-]+")
PLACEHOLDER = "NAME"  # of a page's own, as in `prompts/NAME.txt`


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings: small letters, blanks to hyphens, no punctuation."""
    headings = HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_leads_to_is_there(page):
    lost = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if re.match(r"https?:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    words = [word.partition(":")[0] for code in inline_code(page) for word in code.split()]
    files = [word for word in words if OURS.fullmatch(word) and PLACEHOLDER not in word]
    assert lost + [name for name in files if not (ROOT / name).exists()] == []


def test_the_readme_leads_to_every_page():
    linked = set(LINK.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} - {
        link.partition("#")[0] for link in linked
    } == set()
