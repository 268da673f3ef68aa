"""Asks an OpenAI-compatible server many questions: a few at a time, each tried again, all within a limit of time."""

import hashlib
import json
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_LONGEST_REPLY = 1_000_000  # bytes
_WARMER = 0.5  # temperature after an unreadable reply: at 0 the server would write the same again
_PLAIN: set[str] = set()  # servers that refuse `response_format`


class _Retry(Exception):
    """Worth another try: the server is busy or broken. Carries the wait in seconds that the server asks for, if any."""

    def __init__(self, why: str, wait: float = 0.0) -> None:
        super().__init__(why)
        self.wait = wait


class _Refused(ValueError):
    """The server does not accept the request as it is."""


@dataclass(frozen=True)
class Question:
    """A request. `read` makes a value of the reply's text and raises ValueError where the text is not as asked; with a
    JSON `schema`, which the server is asked to keep to, such a reply is tried again."""

    url: str
    model: str
    text: str
    tokens: int  # of the reply, at most
    read: Callable[[str], Any]
    schema: Mapping[str, Any] | None = None

    @property
    def key(self) -> str:
        return hashlib.sha256("\0".join((self.url, self.model, self.text)).encode()).hexdigest()


@dataclass
class Reply:
    """What `read` made of it, or None and why; the number of requests that were sent."""

    value: Any = None
    why: str = ""
    requests: int = 0

    def take(self) -> int:
        """The number of requests; 0 when asked again."""
        taken, self.requests = self.requests, 0
        return taken


async def ask_all(
    questions: Mapping[str, Question], concurrency: int, tries: int, seconds: float, patience: float
) -> dict[str, Reply]:
    """A reply for each question, under its key. Never raises for what a server does.

    At most `concurrency` requests at a time, each `seconds` long and tried `tries` times with waits that double; a
    question without a reply `patience` seconds after the call has none.
    """
    import asyncio

    import httpx

    secret = os.environ.get("LLM_JUDGE_API_KEY")
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    gate = asyncio.Semaphore(concurrency)
    replies = {key: Reply(why=f"no mark within {patience:g} s") for key in questions}

    async def ask(key: str) -> None:
        async with gate:
            try:
                replies[key].value = await _ask(client, questions[key], tries, seconds, replies[key])
            except (_Retry, ValueError) as error:
                replies[key].why = str(error)
            except Exception as error:  # its text may hold a header, and so the key
                replies[key].why = type(error).__name__

    async with httpx.AsyncClient(timeout=seconds, headers=headers) as client:
        tasks = [asyncio.create_task(ask(key)) for key in questions]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return replies


async def _ask(client: Any, question: Question, tries: int, seconds: float, reply: Reply) -> Any:
    """The value. Raises ValueError for a reply without one, _Retry after the last try."""
    import asyncio

    last, temperature = _Retry(f"{question.url} was not asked"), 0.0
    for attempt in range(tries):
        try:
            async with asyncio.timeout(seconds):  # httpx limits each read only, and a server may send byte by byte
                text = await _text(client, question, temperature, reply)
            try:
                return question.read(text)
            except ValueError as error:
                if question.schema is None:
                    raise
                last, temperature = _Retry(str(error)), _WARMER
        except TimeoutError:
            last = _Retry(f"no reply from {question.url} within {seconds:g} s")
        except _Retry as error:
            last = error
        if attempt + 1 < tries:
            await asyncio.sleep(max(last.wait, 0.5 * 2**attempt) * random.uniform(1.0, 1.5))
    raise last


async def _text(client: Any, question: Question, temperature: float, reply: Reply) -> str:
    """The text of a reply; of a server that refuses the schema, that of a request without it."""
    body: dict[str, Any] = {"model": question.model, "temperature": temperature, "max_tokens": question.tokens}
    body["messages"] = [{"role": "user", "content": question.text}]
    if question.schema is None or question.url in _PLAIN:
        return await _post(client, question.url, body, reply)
    schema = {"name": "marks", "strict": True, "schema": question.schema}
    try:
        form = {"type": "json_schema", "json_schema": schema}
        return await _post(client, question.url, {**body, "response_format": form}, reply)
    except _Refused:
        text = await _post(client, question.url, body, reply)
        _PLAIN.add(question.url)  # only now: a prompt that is too long is refused both times
        return text


async def _post(client: Any, url: str, body: dict, reply: Reply) -> str:
    import httpx

    reply.requests += 1
    try:
        async with client.stream("POST", url.rstrip("/") + "/chat/completions", json=body) as response:
            _check_status(response, url)
            content = b""
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > _LONGEST_REPLY:
                    raise ValueError(f"{url} replied with more than {_LONGEST_REPLY} bytes")
    except httpx.TransportError as error:
        raise _Retry(f"{type(error).__name__} at {url}") from None
    try:
        text = json.loads(content)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        text = None
    if not isinstance(text, str):
        raise ValueError(f"{url} did not answer as /chat/completions does")
    return text


def _check_status(response: Any, url: str) -> None:
    status = response.status_code
    if status == 429 or status >= 500:
        wait = response.headers.get("retry-after", "")
        raise _Retry(f"status {status} from {url}", min(float(wait), 30.0) if wait.isdecimal() else 0.0)
    if status != 200:
        raise (_Refused if status in (400, 422) else ValueError)(f"status {status} from {url}")
