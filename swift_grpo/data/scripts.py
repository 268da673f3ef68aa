"""The script of a text, as a cheap approximation of its language: it separates Chinese from English, but not French."""

import functools
import re
from typing import Any

_SCRIPTS = {
    "Chinese characters": r"\p{Han}",
    "Japanese kana": r"[\p{Hiragana}\p{Katakana}]",
    "Korean": r"\p{Hangul}",
    "Cyrillic": r"\p{Cyrillic}",
    "Greek": r"\p{Greek}",
    "Arabic": r"\p{Arabic}",
    "Hebrew": r"\p{Hebrew}",
    "Devanagari": r"\p{Devanagari}",
    "Thai": r"\p{Thai}",
    "Latin": r"\p{Latin}",
}
_COMMANDS = re.compile(r"\\[A-Za-z]+|\$[^$]{0,2000}\$")
_LETTERS = re.compile(r"[A-Za-z]{2}")


def script(text: str) -> str:
    r"""The script of most letters outside mathematics. A Chinese or Japanese character counts as three letters.

    >>> script("How many?"), script("求 $x$ 的值"), script("Сколько?"), script("$x^2 = 4$")
    ('Latin', 'Chinese characters', 'Cyrillic', 'none')
    """
    text = _COMMANDS.sub(" ", text)
    if text.isascii():
        return "Latin" if _LETTERS.search(text) else "none"
    counts = {name: len(pattern.findall(text)) for name, pattern in _patterns().items()}
    for name in ("Chinese characters", "Japanese kana"):
        counts[name] *= 3
    if counts["Japanese kana"] and counts["Chinese characters"]:
        counts["Japanese kana"] += counts.pop("Chinese characters")
    name, count = max(counts.items(), key=lambda one: one[1])
    return name if count else "none"


@functools.cache
def _patterns() -> dict[str, Any]:
    import regex

    return {name: regex.compile(pattern) for name, pattern in _SCRIPTS.items()}
