"""A report card as Markdown, for a model's README on a hub, and as one HTML page in the inspector's style."""

import json
import re
from collections.abc import Sequence
from typing import Any

from swift_grpo.evaluation.diff_text import quoted
from swift_grpo.evaluation.set_summary import plain
from swift_grpo.page_kit.json_values import cut, dumps
from swift_grpo.page_kit.page import asset, drawn

_SECTIONS = {
    "trained": "Trained", "compared": "Before and after", "curves": "Curves", "texts": "Texts", "again": "Again",
}  # fmt: skip
_LONGEST = 2000  # characters of a text on the page
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def page(card: dict[str, Any]) -> str:
    """The page, which opens from disk without a network."""
    main, script = (asset(f"card.{kind}", "swift_grpo.evaluation.page") for kind in ("html", "js"))
    shown = card | {"facts": cost(card["cost"]), "comparisons": [_cut(one) for one in card["comparisons"]]}
    shown["versions"] = ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    return drawn("Report card", _SECTIONS, main, [asset("charts.js"), script], dumps(shown))


def _cut(comparison: dict[str, Any]) -> dict[str, Any]:
    def shorter(one: dict[str, Any]) -> dict[str, Any]:
        sides = [side | {"text": cut(side["text"], _LONGEST)} for side in one["sides"]]
        return one | {"question": cut(one["question"], _LONGEST), "gold": cut(one["gold"], 300), "sides": sides}

    return comparison | {end: [shorter(one) for one in comparison[end]] for end in ("better", "worse")}


def cost(values: dict[str, Any]) -> list[list[str]]:
    """What the run cost, as name and text, without unknown values.

    >>> cost({"hours": 0.05, "steps": 2, "seconds_a_step": 1.234, "completions": 8, "tokens": None})
    [['time', '3.0 minutes'], ['steps', '2'], ['a step', '1.23 s (median)'], ['completions', '8']]
    """
    hours, seconds = values["hours"], values["seconds_a_step"]
    time = None if hours is None else f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.1f} minutes"
    return [
        [name, text]
        for name, text in [
            ("time", time),
            ("steps", f"{values['steps']:,}"),
            ("a step", seconds and f"{seconds:.3g} s (median)"),
            ("completions", f"{values['completions']:,}"),
            ("tokens generated", values["tokens"] and f"{values['tokens']:,}"),
        ]
        if text
    ]


def markdown(card: dict[str, Any], curve: str) -> str:
    """The card as Markdown with a hub's front matter. `curve` is a plot in characters; texts of the run are escaped."""
    lines = [*_front_matter(card["stages"]), f"# Report card: {plain(card['name'])}", "", "## Trained"]
    for number, stage in enumerate(card["stages"], start=1):
        settings = ", ".join(f"{name} {plain(value)}" for name, value in stage["settings"].items())
        on = ", ".join(plain(name) for name in stage["datasets"]) or "no data that args.json names"
        lines += ["", f"{number}. {plain(stage['what'])} of {plain(stage['model'])} on {on}: {settings}"]
    lines += ["", "## Data", "", *_table(("file", "made by", "rows"), [_file(one) for one in card["data"]])]
    lines += ["", "## Before and after"]
    for one in card["comparisons"]:
        lines += ["", f"On {one['questions']:,} questions of {plain(one['set'])}. {one['verdict']} {one['power']}", ""]
        lines += _table(("", "before", "after", "difference", "p"), [_measure(row) for row in one["measures"]])
    lines += ["", "## Curve", "", quoted(curve, longest=20_000), "", "## Cost", ""]
    lines += [f"- {name}: {text}" for name, text in cost(card["cost"])]
    for one in card["comparisons"]:
        for end in ("better", "worse"):
            lines += ["", f"## Texts that got {end} ({plain(one['set'])})"]
            lines += [line for text in one[end] for line in _texts(text)] or ["", f"No question got {end}."]
    lines += ["", "## Do it again", ""]
    versions = ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    lines += [f"Versions: {plain(versions) or 'not known'}"]
    for command in card["commands"]:
        lines += ["", quoted(command, longest=20_000)]
    if card["missing"]:
        lines += ["", "## Not known", "", *(f"- {plain(one)}" for one in card["missing"])]
    return "\n".join([*lines, ""])


def _front_matter(stages: Sequence[dict[str, Any]]) -> list[str]:
    """The front matter of a hub's model card. A base that is a local folder is not named."""
    base = stages[0]["model"] if stages else ""
    named = [f"base_model: {json.dumps(base)}"] if _HUB_ID.fullmatch(base) else []
    return ["---", *named, "tags: [grpo, ms-swift]", "---", ""]


def _file(one: dict[str, Any]) -> tuple[str, str, str]:
    return one["file"], one["made_by"], ", ".join(f"{name} {count:,}" for name, count in one["counts"].items())


def _measure(row: dict[str, Any]) -> tuple[str, ...]:
    def estimate(value: Sequence[float] | None, sign: str = "") -> str:
        return "" if value is None else f"{value[0]:{sign}.3f} ({value[1]:{sign}.3f} to {value[2]:{sign}.3f})"

    return row["name"], estimate(row["before"]), estimate(row["after"]), estimate(row["by"], "+"), f"{row['p']:.2g}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return ["Nothing is known."]
    line = [f"| {' | '.join(plain(cell) for cell in row)} |" for row in (head, *rows)]
    return [line[0], "|" + " --- |" * len(head), *line[1:]]


def _texts(one: dict[str, Any]) -> list[str]:
    before, after = one["rates"]
    lines = ["", f"### {before:.2f} → {after:.2f}, gold {plain(one['gold'][:100])}", "", quoted(one["question"])]
    for name, side in zip(("Before", "After"), one["sides"], strict=True):
        lines += ["", f"{name}, {plain(side['reason'])}:", "", quoted(side["text"])]
    return lines
