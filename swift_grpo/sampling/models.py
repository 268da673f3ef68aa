"""The model to sample from: an existing endpoint, or servers that the sampler starts (servers.py)."""

import contextlib
import ipaddress
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit


class SamplingError(Exception):
    """Sampling cannot start or continue. The message says what, where and how to fix it; finished samples are kept."""


@dataclass(frozen=True)
class Endpoint:
    """One OpenAI-compatible server: its `url` including `/v1`, and its name for the model.

    `ended` returns why the server is gone, "" if it runs or the reason is not known.
    """

    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    key_from: str = "OPENAI_API_KEY"
    ended: Callable[[], str] = field(default=str, repr=False, compare=False)

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, so that no proxy is used."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


class Model(Protocol):
    """The model of `sample`. `name` decides which set the samples belong to; `open` is entered if some are missing."""

    @property
    def name(self) -> str: ...

    def open(self) -> contextlib.AbstractContextManager[list[Endpoint]]: ...


@dataclass(frozen=True)
class Hosted:
    """A model behind one or more OpenAI-compatible URLs, which share the work.

    The key is read from the environment variable `key_from`. Only these URLs get it, no file and no message.
    """

    model: str
    urls: tuple[str, ...]
    key_from: str = "OPENAI_API_KEY"

    def __post_init__(self) -> None:
        for url in self.urls:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise SamplingError(f"--url {url} is not an address: write http://HOST:PORT/v1")
            if parts.username or parts.password:
                raise SamplingError(f"--url with a password in it: give the key by the variable {self.key_from}")

    @property
    def name(self) -> str:
        return self.model

    @contextlib.contextmanager
    def open(self) -> Iterator[list[Endpoint]]:
        key = os.environ.get(self.key_from) or None
        yield [Endpoint(url.rstrip("/"), self.model, key, self.key_from) for url in self.urls]
