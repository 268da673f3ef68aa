"""The turns of a conversation in all forms that ms-swift reads (dataset/preprocessor/core.py MessagesPreprocessor)."""

import ast
import json
from collections.abc import Callable
from typing import Any

USERS, ASSISTANTS = ("user", "human"), ("assistant", "gpt", "bot")
TEXTS = (
    "text",
    "input_text",
    "output_text",
)  # types of parts; ms-swift reads the first, and leaves the others' texts out
_MEDIA = ("image", "audio", "video")
_ROLES = {"human": "user", "gpt": "assistant", "bot": "assistant", "function_call": "tool_call"}
_ROLES |= dict.fromkeys(("function_response", "observation", "observations"), "tool")
_READERS: tuple[Callable[[str], Any], ...] = (json.loads, ast.literal_eval)
_LONGEST_TEXT = 1 << 20  # characters of a conversation that is written as text


def unpacked(value: Any) -> Any:
    """The list in a conversation that is written as JSON or Python text; any other value unchanged.

    >>> unpacked('[{"role": "user", "content": "2+2?"}]'), unpacked("[1, 2] is what?")
    ([{'role': 'user', 'content': '2+2?'}], '[1, 2] is what?')
    """
    found = list_in(value)
    return found if found is not None and all(isinstance(turn, dict) for turn in found) else value


def list_in(value: Any) -> list | None:
    """The list in a JSON or Python text, or the value itself if it is a list; None for anything else.

    >>> list_in("[['2+2?', '4']]"), list_in("2+2?")
    ([['2+2?', '4']], None)
    """
    if isinstance(value, str) and value.lstrip()[:1] == "[" and len(value) <= _LONGEST_TEXT:
        for read in _READERS:
            try:
                value = read(value)
                break
            except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
                continue
    return value if isinstance(value, list) else None


def standard(turn: dict) -> list[dict]:
    """One turn of a source as turns with ms-swift's names: `role`, and `content` as text; None for missing values.

    >>> standard({"from": "human", "value": "2+2?"}), standard({"human": "2+2?", "assistant": "4"})
    ([{'role': 'user', 'content': '2+2?'}], [{'role': 'user', 'content': '2+2?'}, {'role': 'assistant', 'content': '4'}])
    """
    if is_pair(turn):
        pair = [("user", [turn[key] for key in USERS if key in turn])]
        pair += [("assistant", [turn[key] for key in ASSISTANTS if key in turn])]
        return [{"role": role, "content": text_of(said[0])} for role, said in pair if said]
    role, content = turn.get("from", turn.get("role")), text_of(turn.get("value", turn.get("content")))
    named = {"role": _ROLES.get(role, role) if isinstance(role, str) else role, "content": content}
    calls = turn.get("tool_calls")
    if not isinstance(calls, list) or not calls:
        return [named]
    functions = [call.get("function", call) for call in calls if isinstance(call, dict)]
    written = [
        json.dumps({key: one.get(key) for key in ("name", "arguments")}) for one in functions if isinstance(one, dict)
    ]
    return [*([named] if content else []), *({"role": "tool_call", "content": text} for text in written)]


def is_pair(turn: dict) -> bool:
    """Whether one object has both question and answer, such as `{"human": "2+2?", "assistant": "4"}`."""
    return not turn.keys() & {"role", "from", "content", "value"} and bool(turn.keys() & {*USERS, *ASSISTANTS})


def text_of(content: Any) -> Any:
    """Content in parts as the text that ms-swift's template makes from it; any other content unchanged.

    >>> text_of([{"type": "image", "image": "a.png"}, {"type": "text", "text": "What is this?"}])
    '<image>What is this?'
    """
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        return content
    parts = [(str(part.get("type")), part.get("text")) for part in content]
    if not all(isinstance(text, str) if kind in TEXTS else kind.removesuffix("_url") in _MEDIA for kind, text in parts):
        return content
    return "".join(str(text) if kind in TEXTS else f"<{kind.removesuffix('_url')}>" for kind, text in parts)


def media_of(conversation: Any) -> dict[str, list]:
    """The images, audio and video in the parts of a conversation, by the column that ms-swift reads them from.

    >>> media_of([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a.png"}}]}])
    {'images': ['a.png']}
    """
    found: dict[str, list] = {}
    turns = unpacked(conversation)
    contents = [turn.get("content") for turn in turns if isinstance(turn, dict)] if isinstance(turns, list) else []
    for part in (part for content in contents if isinstance(content, list) for part in content):
        kind = part.get("type") if isinstance(part, dict) else "text"
        if isinstance(kind, str) and kind.removesuffix("_url") in _MEDIA:
            value = part.get(kind)
            value = value.get("url") if isinstance(value, dict) else value
            found.setdefault(f"{kind.removesuffix('_url')}s", []).extend([value] if value else [])
    return found
