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
_MOST = 64  # calls of a text; further ones are left out
_LONGEST = 65536  # characters of a call
# Blocks without calls to run: a thought that is over (as in Qwen-Agent), and a result that the policy made up.
_ASIDES = {"<think>": "</think>", "<tool_response>": "</tool_response>"}
_TAG = re.compile("|".join((OPEN, *_ASIDES)))
_END = re.compile(f"{OPEN}|{CLOSE}")


@dataclass(frozen=True)
class Call:
    """A call, or text that was meant as one: then `error` is "unparsed" and `text` has it."""

    name: str | None
    arguments: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    text: str = ""


def calls(text: str) -> list[Call]:
    r"""The calls in a text, in order. Never raises; linear in the length of the text.

    The JSON decides where a call ends, so an argument may contain the closing tag; at the end of the text the tag may
    be missing. Arguments may be missing, or be JSON in a string, as in OpenAI's format. What is not JSON, or not
    {"name", "arguments"}, is unparsed.

    >>> calls('<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>')[0].arguments
    {'a': 1}
    >>> [call.error for call in calls("<tool_call>add(1, 2)</tool_call> and <tool_call>{")]
    ['unparsed', 'unparsed']
    """
    found: list[Call] = []
    last = {tag: text.rfind(close) for tag, close in _ASIDES.items()}
    place = 0
    while (tag := _TAG.search(text, place)) and len(found) < _MOST:
        place = tag.end()
        if tag[0] == OPEN:
            call, place = _call(text, place)
            found += [call] if call else []
        elif last[tag[0]] > place:
            place = text.index(_ASIDES[tag[0]], place)
    return found


def _call(text: str, start: int) -> tuple[Call | None, int]:
    """The call whose opening tag ends at `start`, and where to look on; None for prose that mentions the tag."""
    begin = start
    while begin < len(text) and text[begin] in " \t\r\n":
        begin += 1
    try:
        value, length = _DECODER.raw_decode(text[begin : begin + _LONGEST])
    except (ValueError, RecursionError):
        after = _END.search(text, start)
        end = after.start() if after else len(text)
        if text[begin : begin + 1] != "{" and not (after and after[0] == CLOSE):
            return None, end
        return Call(None, error="unparsed", text=text[start : min(end, start + _LONGEST)]), end
    end = begin + length
    rest = text[end : end + _LONGEST].lstrip()
    if not rest.startswith(CLOSE) and not CLOSE.startswith(rest):
        closed = text.find(CLOSE, end)
        return Call(None, error="unparsed", text=text[start : closed if closed >= 0 else end]), end
    return _of(value, text[start:end]), end


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
