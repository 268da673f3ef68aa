"""Who is asked: an endpoint that is there already, or servers that are started for the purpose (servers.py)."""

import contextlib
import ipaddress
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit


class SamplingError(Exception):
    """Sampling cannot start or go on. The message says what, where and how to fix it; what is finished is kept."""


@dataclass(frozen=True)
class Endpoint:
    """One OpenAI-compatible server: `url` up to and with `/v1`, and the name that it knows the model by.

    `ended` says why the server is gone, where that is known, else "".
    """

    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    key_from: str = "OPENAI_API_KEY"
    ended: Callable[[], str] = field(default=str, repr=False, compare=False)

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, where no proxy may stand between."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


class Model(Protocol):
    """What `sample` asks. `name` decides which set the samples belong to; `open` is entered only if something is to be done."""

    @property
    def name(self) -> str: ...

    def open(self) -> contextlib.AbstractContextManager[list[Endpoint]]: ...


@dataclass(frozen=True)
class Hosted:
    """A model behind OpenAI-compatible URLs, several of which share the work.

    The key is read from the environment variable `key_from`; it goes to these URLs and into no file or message.
    """

    model: str
    urls: tuple[str, ...]
    key_from: str = "OPENAI_API_KEY"

    def __post_init__(self) -> None:
        for url in self.urls:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise SamplingError(f"--url {url} is no address: write http://HOST:PORT/v1")
            if parts.username or parts.password:
                raise SamplingError(f"--url with a password in it: give the key by the variable {self.key_from}")

    @property
    def name(self) -> str:
        return self.model

    @contextlib.contextmanager
    def open(self) -> Iterator[list[Endpoint]]:
        key = os.environ.get(self.key_from) or None
        yield [Endpoint(url.rstrip("/"), self.model, key, self.key_from) for url in self.urls]
