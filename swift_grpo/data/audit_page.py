"""The audit as one HTML page that opens from disk without a network and runs no script.

Texts of the data set are escaped. Invisible characters, and those that change the text direction, are shown as codes.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from swift_grpo.data.advice import Advice, advise, quantiles
from swift_grpo.data.audit import Facts
from swift_grpo.data.audit_screen import headline, ran
from swift_grpo.page_kit.page import document, text
from swift_grpo.printable import printable

_STYLE = """
.bars td:first-child, .plain td, .plain th { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.bars meter { width: 16rem; max-width: 40vw; }
table { width: auto; } .sides { display: grid; grid-template-columns: 1fr 1fr; gap: .7rem; }
.command { font: .86rem/1.5 var(--mono); background: var(--soft); border-radius: 4px; padding: .3rem .6rem; overflow-x: auto; white-space: pre-wrap; }
"""  # noqa: E501
_CLASSES = {"bad": "critical", "look": "warn", "skipped": "skipped"}


def page(facts: Facts) -> str:
    """The whole page."""
    name = text(Path(facts.file).name)
    found = advise(facts)
    body = "\n".join(
        [
            f"<h1>{name}</h1><p class='quiet'>{facts.rows:,} rows, {facts.unreadable_rows:,} that could not be read</p>",
            _section("What to do", "".join(map(_finding, found)) or "<p>Nothing to fix.</p>"),
            _section("Answers", _bars(facts.kinds)),
            *([f"<p class='quiet'>{ran(facts)}</p>"] if facts.programs else []),
            _section("Scripts", _bars(facts.scripts)),
            _section(f"Prompt lengths in {facts.unit}", _lengths(facts)),
            _section("Columns", _columns(facts)),
            _section("Nearly the same", "".join(map(_pair, facts.near_examples)) or "<p class='quiet'>none</p>"),
        ]
    )
    return document(f"Audit of {printable(Path(facts.file).name)}", f"<main>\n{body}\n</main>", _STYLE)


def _section(title: str, inner: str) -> str:
    return f"<section><h2>{text(title)}</h2>{inner}</section>"


def _finding(one: Advice) -> str:
    rows = "".join(f"<tr><td>{row or ''}</td><td>{text(what)}</td></tr>" for row, what in one.examples)
    listed = f"<details><summary>{len(one.examples)} of them</summary><table class='plain'>{rows}</table></details>"
    pill = f"<span class='pill {_CLASSES[one.severity]}'>{one.severity}</span>"
    return (
        f"<article class='finding'><h3>{pill} {text(headline(one))}</h3>"
        f"{listed if one.examples else ''}<p class='command'>{text(one.command)}</p></article>"
    )


def _bars(counts: Counter | dict[str, int]) -> str:
    total = max(1, sum(counts.values()))
    rows = "".join(
        f"<tr><td>{text(name)}</td><td>{count:,}</td><td>{count / total:.1%}</td>"
        f"<td><meter min='0' max='{total}' value='{count}'></meter></td></tr>"
        for name, count in sorted(counts.items(), key=lambda one: -one[1])
    )
    return f"<table class='bars'>{rows}</table>"


def _lengths(facts: Facts) -> str:
    said = ", ".join(f"{name} {value:,}" for name, value in quantiles(facts.lengths).items())
    return f"<p class='quiet'>{text(said)}</p>{_histogram(facts.lengths)}"


def _histogram(lengths: Iterable[int]) -> str:
    """Counts by powers of two, which suit both short and long prompts."""
    bins = Counter(max(0, length - 1).bit_length() for length in lengths)
    rows = "".join(
        f"<tr><td>up to {1 << size:,}</td><td>{bins[size]:,}</td>"
        f"<td><meter min='0' max='{bins.total()}' value='{bins[size]}'></meter></td></tr>"
        for size in range(min(bins, default=0), max(bins, default=-1) + 1)
    )
    return f"<table class='bars'>{rows}</table>"


def _columns(facts: Facts) -> str:
    rows = "".join(
        f"<tr><td>{text(name)}</td><td>{text(', '.join(f'{kind} {count:,}' for kind, count in types.items()))}</td></tr>"
        for name, types in facts.columns.items()
    )
    return f"<table class='plain'><tr><th>column</th><th>types</th></tr>{rows}</table>"


def _pair(pair: dict) -> str:
    sides = "".join(
        f"<div><p class='quiet'>row {pair[number]}</p><div class='text'>{text(pair[said])}</div></div>"
        for number, said in (("row", "text"), ("as", "other"))
    )
    return f"<article class='finding'><h3>{pair['similarity']:.0%}</h3><div class='sides'>{sides}</div></article>"
