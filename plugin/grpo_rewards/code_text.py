"""Finds the program in a completion."""

import re

from grpo_rewards.extract import after_thought, answer_blocks

_PYTHON = ("python", "py", "python3")
_FENCE = re.compile(r"([ \t]*+)(`{3,}+)[ \t]*+([\w+#.-]*+)([^`]*+)")


def program(completion: str) -> str | None:
    """The last block of Python after the thought, within the last `<answer>…</answer>` if there is one; None if there is
    none.

    >>> program("<think>...</think><answer>\\n```python\\nprint(1)\\n```\\n</answer>")
    'print(1)'
    """
    return next(reversed(python_blocks(completion)), None)


def python_blocks(completion: str) -> list[str]:
    """The blocks labelled as Python, or without such ones those without a label."""
    text = after_thought(completion)
    found = fenced((answer_blocks(text) or [text])[-1])
    return [code for label, code in found if label in _PYTHON] or [code for label, code in found if not label]


def fenced(text: str) -> list[tuple[str, str]]:
    """Label and content of each block between lines of three backticks or more, as in CommonMark; in linear time. A block
    that is not closed does not count.

    >>> fenced("a\\n````py\\n```\\n````\\n```\\n")
    [('py', '```')]
    """
    found, lines, indent, ticks, label = [], list[str](), 0, "", ""
    for line in text.split("\n"):
        mark = _FENCE.fullmatch(line) if "```" in line else None
        if mark and not ticks:
            lines, indent, ticks, label = [], len(mark[1]), mark[2], mark[3].lower()
        elif mark and mark[2].startswith(ticks) and not (mark[3] + mark[4]).strip():
            found.append((label, "\n".join(lines)))
            ticks = ""
        elif ticks:
            lines.append(line[min(indent, len(line) - len(line.lstrip())) :])
    return found
