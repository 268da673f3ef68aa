"""LaTeX as MathML: what is set, what is left alone, and that nothing but harmless elements comes out."""

import json

import pytest

from benchmarks.diagnosis.own.synthetic import line_and_metrics
from swift_grpo.rollouts.page.formulas import _ATTRIBUTES, _TAGS, Formulas

pytestmark = pytest.mark.slow

pytest.importorskip("latex2mathml", reason="latex2mathml is not installed: formulas are shown as they were written")

TEXT = "so $\\frac{1}{2} + x^2$ and \\(\\sqrt{3}\\) and\n\\[\\int_0^1 x\\,dx\\]\nfor $5 or $10 and $$a_1$$ \\$9$"


def test_what_is_set():
    found = Formulas(60).of([TEXT])
    assert set(found) == {"$\\frac{1}{2} + x^2$", "\\(\\sqrt{3}\\)", "\\[\\int_0^1 x\\,dx\\]", "$$a_1$$"}
    assert json.dumps(found["$\\frac{1}{2} + x^2$"]).count("mfrac") == 1
    assert Formulas(-1).of([TEXT]) == {}


HOSTILE = [
    r"$\href{javascript:window.__pwned=1}{x}$",
    r"$\text{</math><script>window.__pwned = 1</script>}$",
    r"$\style{color:red}{x}$",
    r"$\class{a}{x}$",
    r"$\begin{x}$",
    "$x" + "{" * 190 + "$",
    "$" + r"\frac" * 30 + "$",
    r"$\color{red}{x}$",
    "$\x00\u202e$",
    r"$\def\x{\x\x}\x$",
    r"$\unicode{x3c}$",
]


def walk(tree):
    assert tree[0] in _TAGS and set(tree[1]) <= _ATTRIBUTES
    for child in tree[2]:
        if not isinstance(child, str):
            walk(child)


@pytest.mark.parametrize("formula", HOSTILE)
def test_hostile_formulas(formula):
    for tree in Formulas(60).of([formula]).values():
        walk(tree)
        assert "javascript:" not in json.dumps([tree[1]])


def test_in_the_page(visit, page_of, tmp_path):
    rows = [{"prompt": TEXT, "completion": text, "solution": "1", "A": 1.0} for text in [TEXT, *HOSTILE]]
    line, _ = line_and_metrics(1, rows, ("A",), None, len(rows))
    (tmp_path / "completions.jsonl").write_text(json.dumps(line) + "\n")
    visited = visit(page_of(tmp_path).as_uri())
    page = visited.page
    body = page.locator("#m0 .body")
    assert body.locator("math").count() == 4 and body.locator("mfrac").count() == 1
    assert "for $5 or $10" in body.inner_text()
    assert page.evaluate("window.__pwned") is None and visited.faults == [] and len(visited.requests) == 1
    assert page.locator("#members [href^=javascript], #members script, #members [style]").count() == 0
    page.keyboard.press("m")
    assert body.locator("math").count() == 0 and body.text_content() == TEXT
