"""Finds the tool calls in what a policy wrote, in Hermes' format, which Qwen uses too.

<tool_call>
{"name": "calculator", "arguments": {"expression": "17 * 24"}}
</tool_call>
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

OPEN, CLOSE = "<tool_call>", "</tool_call>"
_LONGEST = 65536  # characters of a call
_QUOTED = re.compile(r"<tool_response>.*?</tool_response>", re.DOTALL)  # what a policy writes itself is not a call


@dataclass(frozen=True)
class Call:
    """A call, or text that was meant as one: then `error` is "unparsed" and `text` has it."""

    name: str | None
    arguments: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    text: str = ""


def calls(text: str) -> list[Call]:
    r"""The calls in a text, in order. Never raises; linear in the length of the text.

    The JSON decides where a call ends, so an argument may contain the closing tag. Arguments may be missing, or be
    JSON in a string, as in OpenAI's format. What is not closed, not JSON, or not {"name", "arguments"} is unparsed.

    >>> calls('<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>')[0].arguments
    {'a': 1}
    >>> [call.error for call in calls("<tool_call>add(1, 2)</tool_call> and <tool_call>")]
    ['unparsed', 'unparsed']
    """
    text = _QUOTED.sub("", text)
    found, place = [], text.find(OPEN)
    while place >= 0:
        start = place + len(OPEN)
        call, place = _call(text, start)
        found.append(call)
        place = text.find(OPEN, place)
    return found


def _call(text: str, start: int) -> tuple[Call, int]:
    """The call whose opening tag ends at `start`, and where to look on."""
    begin = start
    while begin < len(text) and text[begin] in " \t\r\n":
        begin += 1
    value, end = None, -1
    try:
        value, length = _DECODER.raw_decode(text[begin : begin + _LONGEST])
        end = begin + length
    except (ValueError, RecursionError):
        pass
    if end >= 0 and text[end : end + 64].lstrip().startswith(CLOSE):
        closed = text.index(CLOSE, end)
        return _of(value, text[start:closed]), closed + len(CLOSE)
    closed = text.find(CLOSE, start)
    again = text.find(OPEN, start)
    ends = [place for place in (closed, again, start + _LONGEST) if place >= 0]
    stop = min(ends)
    return Call(None, error="unparsed", text=text[start:stop]), stop


def _of(value: Any, text: str) -> Call:
    name = value.get("name") if isinstance(value, dict) else None
    arguments = value.get("arguments", {}) if isinstance(value, dict) else None
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments, parse_constant=_refuse)
        except (ValueError, RecursionError):
            arguments = None
    if arguments is None and isinstance(value, dict) and value.get("arguments", 0) is None:
        arguments = {}
    if not isinstance(name, str) or not name or not isinstance(arguments, dict):
        return Call(None, error="unparsed", text=text)
    return Call(name, arguments, text=text)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
