r"""Signs between two statements or sets, which math-verify ignores: `\implies`, `\subset`, `\equiv`, `\mid`."""

import re

_SIGNS = (
    "implies iff equiv subset subseteq supset supseteq parallel perp cong sim approx mid nmid in notin propto".split()
)
_ARROWS = {
    "implies": "Rightarrow Longrightarrow rightarrow longrightarrow to",
    "iff": "Leftrightarrow Longleftrightarrow leftrightarrow",
}
SYMMETRIC = frozenset("iff equiv parallel perp cong sim approx".split())
TURNED = {"supset": "subset", "supseteq": "subseteq"}
_NAMED = {sign: sign for sign in _SIGNS} | {name: sign for sign, names in _ARROWS.items() for name in names.split()}
SIGN = r"\\(?:" + "|".join(sorted(_NAMED, key=len, reverse=True)) + r")(?![A-Za-z])"
_LOGIC = re.compile(
    SIGN
    + r"|\\(?:neg|lnot|land|lor|wedge|vee|forall|exists|cap|cup|setminus)(?![A-Za-z])|<|>|=|\\(?:le|ge|ne)(?![A-Za-z])"
)


def sign_of(token: str) -> str:
    r"""The sign that a command is another name for.

    >>> sign_of("\\Rightarrow")
    'implies'
    """
    return _NAMED[token.lstrip("\\")]


def has_sign(text: str) -> bool:
    r"""Whether a text states something: it has a relation, an implication or another sign of logic.

    >>> has_sign("p \\land q"), has_sign("\\frac{1}{2}")
    (True, False)
    """
    return _LOGIC.search(text) is not None
