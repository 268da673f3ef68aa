"""One request to an OpenAI-compatible server, and whether a failure ends the request or the run."""

import email.utils
import re
import time
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from swift_grpo.formats.records import loads
from swift_grpo.formats.samples import Sample, SamplingParameters, seed_of
from swift_grpo.printable import one_line
from swift_grpo.sampling.models import Endpoint, SamplingError


class TryAgain(Exception):
    """The server failed or asked for time; the same request may succeed.

    `wait`: the seconds it asked for, or None. `reached`: whether anything answered at all.
    """

    def __init__(self, reason: str, wait: float | None = None, reached: bool = True) -> None:
        super().__init__(reason)
        self.wait, self.reached = wait, reached


class Rejected(Exception):
    """The server never accepts this request but may accept others, for example because the prompt is too long."""


_FIXES = {  # HTTP status -> fix, where a retry does not help
    401: "the key is wrong or missing: set {key_from}",
    402: "the account is empty",
    403: "the key may not use this model: set {key_from} to another",
    404: "no such model or address: is it {url} and `{model}`? (--url ends in /v1)",
    405: "the address takes no requests: --url ends in /v1",
}
_WRONG_MODEL = re.compile(r"not in the model_list|model_not_found|does not exist", re.IGNORECASE)
_DEAD_ENGINE = re.compile(r"EngineDead|EngineCore")  # `swift deploy` answers 400 for any exception of vLLM
_AGAIN = {408, 409, 425, 429}


@dataclass(frozen=True)
class Answer:
    """A generation: its text, why it ended, the server's token counts (None: not said), and the seconds it took."""

    text: str
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    seconds: float


async def ask(
    http: httpx.AsyncClient,
    endpoint: Endpoint,
    prompt: str,
    messages: list[dict[str, Any]],
    index: int,
    parameters: SamplingParameters,
) -> Sample:
    """One completion of one prompt. Raises TryAgain, Rejected, or SamplingError if no request can succeed."""
    seed = seed_of(prompt, index, parameters.seed)
    one = await complete(http, endpoint, messages, seed, parameters)
    counts = one.prompt_tokens, one.completion_tokens
    return Sample(prompt, index, seed, one.text, one.finish_reason, *counts, round(one.seconds, 3))


async def complete(
    http: httpx.AsyncClient,
    endpoint: Endpoint,
    messages: list[dict[str, Any]],
    seed: int,
    parameters: SamplingParameters,
    **more: Any,
) -> Answer:
    """One generation; `more` are further fields of the request. Raises as `ask` does."""
    body = {
        "model": endpoint.model,
        "messages": messages,
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "max_tokens": parameters.max_tokens,
        "seed": seed,
        **more,
    }
    begun = time.perf_counter()
    answer = await send(http, endpoint, "POST", "chat/completions", orjson.dumps(body))
    try:
        text, ended, usage = _read(answer.content)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise TryAgain("an answer that is not a completion") from None
    asked, said = (_count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens"))
    return Answer(text, ended, asked, said, time.perf_counter() - begun)


async def send(
    http: httpx.AsyncClient, endpoint: Endpoint, method: str, path: str, content: bytes | None = None
) -> httpx.Response:
    """The server's answer, of status 200. Raises as `ask` does."""
    try:
        answer = await http.request(method, path, content=content)
    except httpx.TimeoutException:
        raise TryAgain("no answer in time") from None
    except httpx.TransportError as error:
        if reason := endpoint.ended():
            raise SamplingError(reason) from None
        reached = not isinstance(error, httpx.ConnectError)
        raise TryAgain(f"the connection failed ({type(error).__name__})", reached=reached) from None
    except httpx.DecodingError:
        raise TryAgain("an answer that cannot be decoded") from None
    if answer.status_code != 200:
        raise _failure(answer, endpoint)
    return answer


def _read(content: bytes) -> tuple[str, str | None, dict[str, Any]]:
    answer: Any = loads(content)  # orjson refuses half a surrogate pair
    choice = answer["choices"][0]
    message = choice["message"]
    text, thought = message.get("content"), message.get("reasoning_content") or message.get("reasoning")
    if isinstance(thought, str) and thought:
        text = f"<think>\n{thought.strip()}\n</think>\n\n{text or ''}"
    if not isinstance(text, str):
        raise ValueError("no text")
    reason, usage = choice.get("finish_reason"), answer.get("usage")
    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair is not text
    return text, reason if isinstance(reason, str) else None, usage if isinstance(usage, dict) else {}


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


def _failure(answer: httpx.Response, endpoint: Endpoint) -> Exception:
    status, said = answer.status_code, _message(answer)
    if "insufficient_quota" in said:
        status = 402
    if status in _FIXES or _WRONG_MODEL.search(said):
        fix = _FIXES.get(status, _FIXES[404]).format(url=endpoint.url, model=endpoint.model, key_from=endpoint.key_from)
        return SamplingError(f"{endpoint.url} answers {status}: {fix}" + (f" ({said})" if said else ""))
    if status in _AGAIN or status >= 500 or _DEAD_ENGINE.search(said):
        if status != 429 and (reason := endpoint.ended()):
            return SamplingError(reason)
        return TryAgain(f"status {status}", _retry_after(answer.headers.get("retry-after")))
    if 300 <= status < 400:
        return SamplingError(f"{endpoint.url} redirects ({status}): give the final address by --url")
    return Rejected(f"status {status}: {said or 'no reason given'}")


def _message(answer: httpx.Response) -> str:
    """The server's error message as one short printable line."""
    try:
        body = orjson.loads(answer.content)
        error = body.get("error", body)
        said = f"{error.get('code') or ''} {error['message']}" if isinstance(error, dict) else str(error)
    except (ValueError, KeyError, AttributeError):
        said = answer.text
    return one_line(said, 200)


def _retry_after(header: str | None) -> float | None:
    """The seconds in a Retry-After header, a number or a date (RFC 9110, section 10.2.3); None for anything else.

    >>> _retry_after("2"), _retry_after("soon"), _retry_after("Thu, 01 Jan 1970 00:00:00 GMT")
    (2.0, None, 0.0)
    """
    if header is None:
        return None
    if header.strip().isdecimal():
        return min(float(header), 3600.0)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
