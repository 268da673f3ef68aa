"""Text for a terminal: cleaned of what drives it, drawn as sparklines, cut to size."""

import re
from itertools import pairwise

# C0 and C1 controls but newline and tab, and what changes the direction of text around it or has no width.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_SPECIAL = re.compile(r"<\|[^|<>]{1,40}\|>")
_BARS = "▁▂▃▄▅▆▇█"


def clean(text: str) -> str:
    """Text that cannot drive a terminal: control, direction and zero-width characters are shown as their code.

    >>> clean("a\\x1b[31mb\\u202ec")
    'a\\\\x1b[31mb\\\\u202ec'
    """
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode("ascii"), text)


def one_line(text: str, width: int) -> str:
    """Cleaned text on one line of at most `width` characters."""
    line = " ".join(clean(text[: 8 * width]).split())
    return line if len(line) <= width else line[: width - 1] + "…"


def question(prompt: str, width: int) -> str:
    """The end of a prompt, which is the question, without the chat template's marks.

    >>> question("<|im_start|>user\\nWhat is 2 + 2?<|im_end|>\\n<|im_start|>assistant\\n", 40)
    'What is 2 + 2?'
    """
    text = " ".join(clean(_SPECIAL.sub("\n", prompt)).split()).removesuffix(" assistant")
    text = text.rsplit(" user ", 1)[-1].removeprefix("user ")
    return text if len(text) <= width else "…" + text[-(width - 1) :]


def sparkline(values: list[float | None], width: int = 40) -> str:
    """Values as bars, averaged down to `width`; a blank where there is none.

    >>> sparkline([0, 1, None, 2], 4)
    '▁▅ █'
    """
    if len(values) > width:
        edges = [k * len(values) // width for k in range(width + 1)]
        values = [_mean(values[a:b]) for a, b in pairwise(edges)]
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0
    return "".join(" " if value is None else _BARS[round((value - low) * scale)] for value in values)


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def number(value: float | None) -> str:
    """A number in few characters.

    >>> number(0.123456), number(1234.5), number(None)
    ('0.123', '1,234', '-')
    """
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
