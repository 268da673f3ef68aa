"""The page as one HTML text."""

from collections.abc import Sequence

from swift_grpo.page_kit.json_values import dumps
from swift_grpo.page_kit.page import THEME, asset, drawn
from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.page.payload import report_data

_OWN = "swift_grpo.rollouts.page"
_SECTIONS = {"findings": "Findings", "curves": "Curves", "prompts": "Prompts", "groups": "Groups"}
_BUTTONS = (
    f'<span id="live" role="status" hidden></span>\n    {THEME}\n'
    '    <button id="help-open" type="button" title="Keys (?)">Keys</button>'
)


def report(index: Index, others: Sequence[Index] = ()) -> str:
    """A self-contained page; it loads nothing from a network.

    It shows the findings, prompts and groups of `index`, and its curves together with those of `others`.
    """
    data, groups = report_data(index, others)
    return page(f'{dumps(data)[:-1]},"live":false,"sample":[{",".join(groups)}]}}')


def page(data: str, connect: str = "'none'") -> str:
    """The HTML around `data`, a JSON text by `json_values.dumps`. `connect`: the source for its script's requests."""
    scripts = [asset("charts.js"), *(asset(f"{name}.js", _OWN) for name in ("heat", "texts", "groups", "main"))]
    main, style = asset("report.html", _OWN), asset("report.css", _OWN)
    return drawn("Rollouts", _SECTIONS, main, scripts, data, style=style, buttons=_BUTTONS, connect=connect)
