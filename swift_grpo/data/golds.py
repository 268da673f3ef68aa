r"""Gold rules: each finds the final answer in a value of a raw set's column, or returns None."""

import re
from collections.abc import Callable
from typing import Any

Gold = str | list[str] | None
_EMPTY_BOX = re.compile(r"\\boxed\s*\{\s*\}")
_INTEGER = re.compile(r"\$?(\d{1,3})(?:\.0*)?\$?")


def hashes(value: Any) -> Gold:
    """The text after the last `####`, without thousands separators, as in GSM8K.

    >>> hashes("48 + 1,000 = 1,048\\n#### 1,048"), hashes("no mark")
    ('1048', None)
    """
    text = str(value).rpartition("####")
    return text[2].strip().replace(",", "") or None if text[1] else None


def boxed(value: Any) -> Gold:
    r"""The last `\boxed{…}` that is not empty; braces may be nested. Several boxes of one statement make one list.

    >>> boxed("so \\boxed{\\frac{1}{2}}. \\boxed{}"), boxed("half a \\boxed{1"), boxed("none")
    ('\\frac{1}{2}', None, None)
    """
    text = _EMPTY_BOX.sub("", str(value))
    return auto(text) if "\\boxed" in text else None


def integer_to_999(value: Any) -> Gold:
    r"""The last box if it is an integer from 0 to 999, as in the AI Mathematical Olympiad; else None.

    >>> integer_to_999("\\boxed{042}"), integer_to_999("\\boxed{1000}"), integer_to_999("\\boxed{-1}")
    ('42', None, None)
    """
    match = _INTEGER.fullmatch(str(boxed(value) or ""))
    return str(int(match[1])) if match else None


def plain(value: Any) -> Gold:
    """The value itself. A number loses `.0`; several accepted answers stay a list.

    >>> plain(" B "), plain(72.0), plain(["1", 2]), plain([""]), plain(None)
    ('B', '72', ['1', '2'], None, None)
    """
    if isinstance(value, list | tuple):
        texts = [text for item in value if isinstance(text := plain(item), str)]
        return texts[0] if len(texts) == 1 else texts or None
    if value is None or isinstance(value, bool | dict) or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def auto(value: Any) -> Gold:
    """What the grader finds: a mark such as a box or `####`, else the whole text, unchanged if it cannot be read."""
    from grpo_rewards.grading import accepted_answers

    if not isinstance(value, str):
        return plain(value)
    return next(iter(accepted_answers(value)), None) or (None if "\\boxed" in value else plain(value))


RULES: dict[str, Callable[[Any], Gold]] = {
    "auto": auto,
    "hashes": hashes,
    "boxed": boxed,
    "integer": integer_to_999,
    "plain": plain,
}
