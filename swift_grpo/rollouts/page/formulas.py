"""LaTeX in texts as MathML, in plain lists that the page builds node by node, so no markup from a model reaches it."""

import re
import time
from collections.abc import Iterator
from functools import lru_cache
from xml.etree import ElementTree

# Formulas between the usual marks; a dollar before a digit or a blank is money. The page's script has the same rule.
_FORMULA = re.compile(
    r"\$\$[^$]{1,400}?\$\$|\\\[.{1,400}?\\\]|\\\(.{1,400}?\\\)"
    r"|(?<![\\$\w])\$(?=[^\s${])[^$\n`]{0,200}?[^\s$\\`]\$(?![\w$])",
    re.DOTALL,
)
_TAGS = set(
    "math mrow mi mn mo mfrac msup msub msubsup msqrt mroot mtext mspace mover munder munderover mtable mtr mtd mstyle".split()
)
_ATTRIBUTES = {
    "display",
    "mathvariant",
    "stretchy",
    "fence",
    "form",
    "linethickness",
    "columnalign",
    "accent",
    "displaystyle",
}
_MOST_NODES = 400
Tree = list  # [tag, {attribute: value}, [trees and texts]]


class Formulas:
    """Converts formulas until its time is used up; the rest stays LaTeX, as does all without latex2mathml."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def of(self, texts: Iterator[str]) -> dict[str, Tree]:
        """The formulas in texts, by their source with its marks."""
        found: dict[str, Tree] = {}
        end = time.monotonic() + self.left
        for text in texts:
            for match in _FORMULA.finditer(text) if "$" in text or "\\" in text else ():
                if time.monotonic() > end:
                    self.left = 0
                    return found
                if tree := _tree(match[0]):
                    found[match[0]] = tree
        self.left = end - time.monotonic()
        return found


def texts_of(group: dict) -> Iterator[str]:
    """The texts that the page shows of a group of `browse.in_full`."""
    pieces = [*group["prompt"]["turns"], group["gold"]]
    pieces += [member[name] for member in group["members"] for name in ("answer", "text", "thought")]
    turns = [turn for member in group["members"] for turn in member.get("trajectory", {}).get("turns", [])]
    pieces += [part for turn in turns for part in turn["parts"] if "call" not in part]
    for piece in filter(None, pieces):
        yield piece["head"]
        yield piece.get("tail", "")


@lru_cache(10_000)
def _tree(formula: str) -> Tree | None:
    """A formula as MathML; None if it cannot be read, or has an element that is not on the list above."""
    try:
        from latex2mathml.converter import convert
    except ImportError:
        return None
    long = formula.startswith(("$$", "\\["))
    inside = formula[2:-2] if long or formula.startswith("\\(") else formula[1:-1]
    try:
        root = ElementTree.fromstring(convert(inside, display="block" if long else "inline"))
        return _plain(root) if sum(1 for _ in root.iter()) <= _MOST_NODES else None
    except Exception:  # the library raises many kinds on a model's text
        return None


def _plain(element: ElementTree.Element) -> Tree:
    """Raises ValueError for an element that is not allowed."""
    tag = element.tag.rsplit("}", 1)[-1]
    if tag not in _TAGS:
        raise ValueError(tag)
    children: list[Tree | str] = [element.text] if element.text and element.text.strip() else []
    for child in element:
        children.append(_plain(child))
    return [tag, {name: value for name, value in element.attrib.items() if name in _ATTRIBUTES}, children]
