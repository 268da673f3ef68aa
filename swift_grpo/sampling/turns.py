"""Completions of several turns: the model calls tools while it answers, in the loop of training (plugin/tools.py).

A generation that ends at `</tool_call>` is continued in the same turn where the server is known to do that, else the
result is a turn of the user; so is the result of a call in a generation that the model ended itself.
"""

import contextlib
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from grpo_tools.calls import CLOSE, OPEN
from grpo_tools.registry import Tool, offered, with_tools
from grpo_tools.runner import Limits, Toolbox, markup_of
from grpo_tools.trajectory import Trajectory, inline

from swift_grpo.formats.records import loads
from swift_grpo.formats.samples import Sample, SamplingParameters, seed_of
from swift_grpo.sampling.client import Answer, Rejected, complete, send
from swift_grpo.sampling.models import Endpoint, Model, SamplingError

_CHARACTERS = 4  # of a token, where there is no tokenizer
# Between the seeds of two turns: with the same seed a turn would begin with the random numbers of the last.
_SEEDS = 1 << 20
_TOO_LONG = re.compile(r"(?i)context|max_model_len|room for generation|too long|maximum \w*\s?(?:length|tokens)")
# Owner in the server's list of models -> fields of each request, and those with which it continues an assistant's turn.
# `swift deploy` does that by itself, keeps the stop word, and would put the template's prefix before each continuation.
_CONTINUES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "swift": ({}, {"chat_template_kwargs": {"response_prefix": ""}}),
    "vllm": ({"include_stop_str_in_output": True}, {"continue_final_message": True, "add_generation_prompt": False}),
}


class Turns:
    """The tools of `parameters`; `ask` draws a sample as client.ask does. Raises ToolError for an unknown tool."""

    def __init__(self, parameters: SamplingParameters, model: Model) -> None:
        folders = [Path(getattr(model, name, None) or "") for name in ("adapter", "model")]
        file = next((path for folder in folders if (path := folder / "tokenizer.json").is_file()), None)
        self.box = Toolbox(tools_of(parameters), Limits.of_environment(), *_tokenizer(file))
        self.owners: dict[str, str] = {}  # URL -> owner

    async def ask(
        self, http: httpx.AsyncClient, endpoint: Endpoint, prompt: str, messages: list[dict[str, Any]], index: int,
        parameters: SamplingParameters,
    ) -> Sample:  # fmt: skip
        """One completion of one prompt, with its turns. Raises as client.ask does."""
        begun, seed = time.perf_counter(), seed_of(prompt, index, parameters.seed)
        owner = await self._owner(http, endpoint)
        always, continuing = _CONTINUES.get(owner, ({}, {}))
        record, said = Trajectory(), list[Answer]()
        while record.stopped_by is None:
            more = {"stop": [CLOSE]} | always | (continuing if messages[-1]["role"] == "assistant" else {})
            own_seed = (seed + _SEEDS * len(said)) % 2**31
            try:
                one = await complete(http, endpoint, messages, own_seed, parameters, **more)
            except Rejected as refusal:
                if not said or not _TOO_LONG.search(str(refusal)):
                    raise
                record.stopped_by = "context"
                break
            if record.waiting:
                record.hear(record.waiting, len(self.box.encode(record.waiting)))
            said.append(one)
            words = one.text if owner in _CONTINUES or one.finish_reason != "stop" else _closed(one.text)
            counted = one.completion_tokens
            record.say(words, len(self.box.encode(words)) if counted is None else counted)
            record.inline = owner in _CONTINUES and words.rstrip().endswith(CLOSE)
            messages = _and(messages, "assistant", words)
            if found := record.to_run(one.finish_reason, last=len(said) >= parameters.max_turns):
                record.wait(found, await self.box.answers(found))
                messages = _and(messages, "assistant" if record.inline else "user", record.waiting)
        counts = [one.completion_tokens for one in said if one.completion_tokens is not None]
        total = sum(counts) if len(counts) == len(said) else None
        text = "".join(inline(turn["text"]) if turn["role"] == "tool" else turn["text"] for turn in record.turns)
        spent = round(time.perf_counter() - begun, 3)
        of_server = said[-1].finish_reason, said[0].prompt_tokens, total
        return Sample(prompt, index, seed, text, *of_server, spent, record.turns, record.stopped_by)

    async def _owner(self, http: httpx.AsyncClient, endpoint: Endpoint) -> str:
        """Who serves, from the server's list of models; "" where it does not say. Raises TryAgain."""
        if endpoint.url not in self.owners:
            owner = ""
            with contextlib.suppress(Rejected, SamplingError, ValueError, KeyError, IndexError, TypeError):
                listed: Any = loads((await send(http, endpoint, "GET", "models")).content)
                owner = str(listed["data"][0]["owned_by"])
            if owner not in _CONTINUES and endpoint.url not in self.owners:
                print(
                    f"swift-grpo: {endpoint.url} is not known to continue an assistant's turn; results of tools are "
                    "turns of the user",
                    file=sys.stderr,
                    flush=True,
                )
            self.owners[endpoint.url] = owner
        return self.owners[endpoint.url]


def described(messages: list[dict[str, Any]], tools: Mapping[str, Tool]) -> list[dict[str, Any]]:
    """The conversation with the tools' descriptions in place of `{tools}` in a system prompt."""
    return [
        {**m, "content": with_tools(m["content"], tools)}
        if m["role"] == "system" and isinstance(m["content"], str)
        else m
        for m in messages
    ]


def tools_of(parameters: SamplingParameters) -> dict[str, Tool]:
    """The tools that the model may call. Raises ToolError for an unknown name."""
    return offered(parameters.tools.replace(",", " ")) if parameters.tools else {}


def _closed(text: str) -> str:
    """A generation with the stop word that an OpenAI-compatible server cuts off; it does not say which word it was.

    >>> _closed('<tool_call>{"name": "f"}'), _closed("no call")
    ('<tool_call>{"name": "f"}</tool_call>', 'no call')
    """
    return text + CLOSE if text.rfind(OPEN) > text.rfind(CLOSE) else text


def _and(messages: list[dict[str, Any]], role: str, text: str) -> list[dict[str, Any]]:
    """The conversation with more text, in its last turn if that is of the same role and the assistant's."""
    *before, last = messages
    if last["role"] == role == "assistant":
        return [*before, {**last, "content": last["content"] + text}]
    return [*messages, {"role": role, "content": text}]


def _tokenizer(file: Path | None) -> tuple[Callable[[str], Sequence], Callable[[Any], str], re.Pattern]:
    """What encodes and decodes, and what finds the tokenizer's markup. Without a file a token is four characters."""
    if file is None:
        size = _CHARACTERS
        return lambda text: [text[i : i + size] for i in range(0, len(text), size)], "".join, markup_of(())
    from tokenizers import Tokenizer

    try:
        one = Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises nothing more specific
        raise SamplingError(f"{file} cannot be read: {error}") from None
    added = [token.content for token in one.get_added_tokens_decoder().values()]
    return (
        lambda text: one.encode(text, add_special_tokens=False).ids,
        lambda ids: one.decode(ids, skip_special_tokens=False),
        markup_of(added),
    )
