"""Text of models, logs and paths for a terminal: without control characters, cut to size."""

import re

# C0 and C1 controls except newline and tab, and characters that change the text direction or have no width.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_SPECIAL = re.compile(r"<\|[^|<>]{1,40}\|>")


def clean(text: str) -> str:
    """Text that cannot control a terminal: control, direction and zero-width characters are shown as their code.

    >>> clean("a\\x1b[31mb\\u202ec")
    'a\\\\x1b[31mb\\\\u202ec'
    """
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode("ascii"), text)


def printable(text: str) -> str:
    """`clean` for text on one line, such as a path: newlines and tabs are shown as their code, too.

    >>> printable("a\\nb")
    'a\\\\nb'
    """
    return clean(text).replace("\n", "\\n").replace("\t", "\\t")


def one_line(text: str, width: int) -> str:
    """Cleaned text on one line of at most `width` characters."""
    line = " ".join(clean(text[: 8 * width]).split())
    return line if len(line) <= width else line[: width - 1] + "…"


def question(prompt: str, width: int) -> str:
    """The question at the end of a prompt, without the chat template's marks.

    >>> question("<|im_start|>user\\nWhat is 2 + 2?<|im_end|>\\n<|im_start|>assistant\\n", 40)
    'What is 2 + 2?'
    """
    text = " ".join(clean(_SPECIAL.sub("\n", prompt)).split()).removesuffix(" assistant")
    text = text.rsplit(" user ", 1)[-1].removeprefix("user ")
    return text if len(text) <= width else "…" + text[-(width - 1) :]


def number(value: float | None) -> str:
    """A number in few characters.

    >>> number(0.123456), number(1234.5), number(None), number(float("-inf"))
    ('0.123', '1,234', '-', '-inf')
    """
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
