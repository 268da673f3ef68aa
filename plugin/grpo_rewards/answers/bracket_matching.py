"""Brackets: whether they close, where, and how to split a text at commas outside of them."""

import re

_STEP = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_BRACE = re.compile(r"[{}]")


def balanced(text: str) -> bool:
    r"""Whether every brace has its partner; `\{` does not count.

    >>> balanced("\\frac{1}{2}"), balanced("\\frac{1"), balanced("\\{1\\}")
    (True, False, True)
    """
    depth = 0
    for brace in _BRACE.finditer(text):
        if text[brace.start() - 1 : brace.start()] != "\\":
            depth += 1 if brace[0] == "{" else -1
            if depth < 0:
                return False
    return depth == 0


def matching(text: str, position: int) -> int:
    """Where the bracket at `position` closes, whatever its shape; -1 if it does not.

    >>> matching("(1,(2)]x", 0)
    6
    """
    depth = 0
    for at in range(position, len(text)):
        depth += _STEP.get(text[at], 0)
        if depth == 0:
            return at
    return -1


def closing_brace(text: str, start: int) -> int:
    """Where the brace closes that was opened before `start`; -1 if it does not. Linear in the distance.

    >>> closing_brace("{a{b}c} d", 1)
    6
    """
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.start()
    return -1


def split_top(text: str, separator: str) -> list[str]:
    r"""The pieces between separators (a regex) that are outside of all brackets.

    >>> split_top("(1, 2), \\{3, 4\\}", ",")
    ['(1, 2)', ' \\{3, 4\\}']
    """
    pieces, depth, start = [], 0, 0
    for match in re.finditer(rf"\\?[(\[{{)\]}}]|{separator}", text):
        step = _STEP.get(match[0].removeprefix("\\"))
        if step:
            depth += step
        elif depth == 0:
            pieces.append(text[start : match.start()])
            start = match.end()
    return [*pieces, text[start:]]
