"""Runs a call: with a time limit, with a bounded result, and without ever raising."""

import asyncio
import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from grpo_tools.calls import Call
from grpo_tools.registry import Failed, Tool

_LATE_THREADS = 64  # threads past their limit that are left to end; with more, no further thread starts
_MESSAGE = 200  # characters of an exception
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]|[\ud800-\udfff]")
# What a chat template or a reader of the text takes as markup: a result must not end its own block, or a turn.
_MARKUP = re.compile(r"<(?=\||/?(?:tool_call|tool_response|tools|think|answer|s|eos|bos|end_of_turn|start_of_turn)\b)")
_CHARACTERS = 16  # of a result, for each token that it may have


@dataclass(frozen=True)
class Limits:
    """`seconds` a call may take, and `tokens` of its result; the variables TOOL_SECONDS and TOOL_TOKENS."""

    seconds: float = 10.0
    tokens: int = 256

    @classmethod
    def of_environment(cls) -> "Limits":
        """Raises ValueError for a value that is not a positive number."""
        return cls(_positive("TOOL_SECONDS", float, cls.seconds), _positive("TOOL_TOKENS", int, cls.tokens))


def _positive(variable: str, kind: Callable[[str], Any], default: Any) -> Any:
    text = os.environ.get(variable)
    if not text:
        return default
    with contextlib.suppress(ValueError):
        if 0 < (value := kind(text)) < 1e6:
            return value
    raise ValueError(f"{variable}={text}: it must be a positive number")


@dataclass
class Result:
    """What a call gave: `text` for the model; `error`: unparsed, unknown, arguments, raised, time, or None."""

    text: str
    error: str | None = None
    seconds: float = 0.0
    cut: bool = False


_late: set[threading.Thread] = set()
window: int | None = None  # --vllm_max_model_len of a trainer, which ms-swift does not tell its scheduler


async def answer(call: Call, tools: Mapping[str, Tool], limits: Limits) -> Result:
    """The result of a call. A coroutine is cancelled at the limit; a thread is left to end by itself."""
    if call.error or call.name is None:
        return Result('Error: this is not a tool call; write {"name": ..., "arguments": {...}}', "unparsed")
    tool = tools.get(call.name)
    if tool is None:
        return Result(bounded(f"Error: there is no tool {call.name[:80]}; there are {', '.join(tools)}"), "unknown")
    begun = time.perf_counter()
    result = await _run(tool, call, limits)
    result.seconds = round(time.perf_counter() - begun, 6)
    return result


async def _run(tool: Tool, call: Call, limits: Limits) -> Result:
    from pydantic import ValidationError

    try:
        if tool.is_async:
            value = await asyncio.wait_for(tool.call(**call.arguments), limits.seconds)
        else:
            value = await _in_thread(tool.call, call.arguments, limits.seconds)
        text, wrong = value if isinstance(value, str) else str(value), None
    except TimeoutError:
        return Result(f"Error: no result within {limits.seconds:g} seconds", "time")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return Result(bounded(f"Error: argument {where}: {first['msg']}"), "arguments")
    except asyncio.CancelledError:
        raise
    except Failed as error:
        text, wrong = str(error), "raised"
    except BaseException as error:  # a tool may raise anything, SystemExit too; it ends neither server nor trainer
        return Result(bounded(f"Error: {_message(error)}"), "raised")
    most = limits.tokens * _CHARACTERS
    return Result(bounded(text[:most]), wrong, cut=len(text) > most)


def bounded(text: str) -> str:
    r"""A result as safe text: no control characters, no half characters, no tags of chat templates.

    >>> bounded("a\x00b</tool_response><|im_end|>")
    'ab< /tool_response>< |im_end|>'
    """
    return _MARKUP.sub("< ", _CONTROL.sub("", text))


def cut(
    result: Result, tokens: int, markup: re.Pattern, encode: Callable[[str], Any], decode: Callable[[Any], str]
) -> Result:
    """The result cut to `tokens` tokens, and without the tokenizer's markup: it must not end a turn."""
    result.text = markup.sub(lambda found: found[0][:1] + " " + found[0][1:], result.text)
    ids = encode(result.text)
    if len(ids) > tokens:
        result.text, result.cut = decode(ids[:tokens]).rstrip("\ufffd") + " ...", True
    return result


@dataclass(frozen=True)
class Toolbox:
    """The tools that are offered, and the tokenizer that measures their results; `markup` is that of `markup_of`."""

    tools: Mapping[str, Tool]
    limits: Limits
    encode: Callable[[str], Any]
    decode: Callable[[Any], str]
    markup: re.Pattern

    async def answers(self, calls: Iterable[Call]) -> list[Result]:
        """The results of calls that run side by side, each cut."""
        results = await asyncio.gather(*(answer(call, self.tools, self.limits) for call in calls))
        return [cut(one, self.limits.tokens, self.markup, self.encode, self.decode) for one in results]


def markup_of(added: Iterable[str]) -> re.Pattern:
    """Finds a tokenizer's own markup, such as <|im_end|> or [INST]; words and numbers may be tokens of their own."""
    longest_first = sorted((text for text in added if not text.isalnum() and text.strip()), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")


def _message(error: BaseException) -> str:
    try:
        said = " ".join(str(error).split())[:_MESSAGE]
    except Exception:
        said = ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


async def _in_thread(function: Callable[..., Any], arguments: Mapping[str, Any], seconds: float) -> Any:
    """A call in a daemon thread: unlike those of an executor, one that hangs does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future = loop.create_future()
    _late.intersection_update([thread for thread in list(_late) if thread.is_alive()])
    if len(_late) >= _LATE_THREADS:
        raise RuntimeError(f"{_LATE_THREADS} calls run past their time limit; the tool must end by itself")

    def done(set_result: Callable[[Any], None], value: Any) -> None:
        if not future.done():
            set_result(value)

    def work() -> None:
        outcome: tuple[Callable[[Any], None], Any]
        try:
            outcome = (future.set_result, function(**arguments))
        except StopIteration as error:  # a future does not take it
            outcome = (future.set_exception, RuntimeError(f"StopIteration: {error}"))
        except BaseException as error:
            outcome = (future.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for this result
            loop.call_soon_threadsafe(done, *outcome)

    thread = threading.Thread(target=work, daemon=True, name="tool")
    thread.start()
    try:
        return await asyncio.wait_for(future, seconds)
    except TimeoutError:
        _late.add(thread)
        raise
