"""The page as one HTML text."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from importlib.resources import files

from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.page.embedded import dumps
from swift_grpo.rollouts.page.payload import report_data

_SCRIPTS = ("1_dom.js", "2_charts.js", "3_groups.js", "4_main.js")


def report(index: Index, others: Sequence[Index] = ()) -> str:
    """A page that needs nothing else: opened from disk it asks no network for anything.

    The curves of `others` are laid over those of `index`, whose findings, prompts and groups it shows.
    """
    data, groups = report_data(index, others)
    return page(f'{dumps(data)[:-1]},"live":false,"sample":[{",".join(groups)}]}}')


def page(data: str, connect: str = "'none'") -> str:
    """The HTML around `data`, a JSON text by `values.dumps`. `connect`: where its script may ask for more."""
    return assemble(asset("page.html"), asset("page.css"), map(asset, _SCRIPTS), data, connect)


def assemble(html: str, style: str, scripts: Iterable[str], data: str, connect: str = "'none'") -> str:
    """A page of its parts: `html` names them as {{style}}, {{script}}, {{data}} and {{policy}}.

    Scripts and styles run by their hash alone, so nothing that the data holds can be one, even if it became markup.
    """
    script = "(() => {\n'use strict';\n" + "".join(scripts) + "})();"
    parts = {"style": style, "script": script, "data": data, "policy": policy(style, script, connect)}
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], html)


def policy(style: str, script: str, connect: str) -> str:
    """The Content-Security-Policy."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; connect-src {connect}; "
        "base-uri 'none'; form-action 'none'"
    )


def asset(name: str) -> str:
    """A file of `assets/`."""
    return (files("swift_grpo.rollouts.page") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
