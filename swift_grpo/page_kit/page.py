"""The skeleton of a page, its security policy, and untrusted text in it."""

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Mapping
from importlib.resources import files

_HIDDEN = re.compile(
    r"[^\S\n ]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_KIT = "swift_grpo.page_kit"
THEME = '<button id="theme" type="button" title="Light, dark, or as in the system settings">Theme: auto</button>'


def drawn(
    title: str, sections: Mapping[str, str], main: str, scripts: Iterable[str], data: str, *,
    style: str = "", buttons: str = THEME, connect: str = "'none'",
) -> str:  # fmt: skip
    """A page that a script draws from `data`, a JSON text by `json_values.dumps`; the scripts find it as `data`.

    `main` is HTML, from after <main> to the end of the body. `sections`: id and title in the bar. `scripts` and `style`
    are the page's own, after the shared ones. `connect`: the source that its script may fetch from.
    """
    script = "(() => {\n'use strict';\n" + asset("dom.js") + "".join(scripts) + "})();"
    nav = "".join(f'<a href="#{name}">{shown}</a>' for name, shown in sections.items())
    parts = {"title": title, "nav": nav, "buttons": buttons, "main": main, "data": data, "script": script}
    return document(title, _fill("drawn.html", parts), style, script, connect)


def document(title: str, body: str, style: str = "", script: str = "", connect: str = "'none'") -> str:
    """A whole page around a body, with the shared style. Scripts and styles run only by their hash, so nothing in the
    body can run, even if it became markup."""
    style = asset("base.css") + style
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; connect-src {connect}; "
        "base-uri 'none'; form-action 'none'"
    )
    return _fill("skeleton.html", {"title": html.escape(title), "style": style, "policy": policy, "body": body})


def asset(name: str, package: str = _KIT) -> str:
    """A file of the `assets/` of a package."""
    return (files(package) / "assets" / name).read_text(encoding="utf-8")


def text(value: object) -> str:
    """Untrusted text as HTML; characters that are invisible or reorder the text are shown as their code.

    >>> text("<b>\\u202e&\\x00")
    '&lt;b&gt;<span class="code">U+202E</span>&amp;<span class="code">U+0000</span>'
    """
    parts, end, said = [], 0, str(value)
    for match in _HIDDEN.finditer(said):
        parts += [html.escape(said[end : match.start()]), f'<span class="code">U+{ord(match[0]):04X}</span>']
        end = match.end()
    return "".join([*parts, html.escape(said[end:])])


def _fill(name: str, parts: Mapping[str, str]) -> str:
    """A template of the kit, with {{name}} replaced by the part of that name."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], asset(name))


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
