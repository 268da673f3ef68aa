"""Who is asked: an endpoint that is there already, or servers that are started for the purpose (servers.py)."""

import contextlib
import hashlib
import ipaddress
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit


class SamplingError(Exception):
    """Sampling cannot start or go on. The message says what, where and how to mend it; what is finished is kept."""


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


@dataclass(frozen=True)
class Served:
    """A model that `swift deploy` serves with vLLM on loopback for as long as it is needed, and not longer.

    `copies` servers share the work, each on `tensor_parallel` cards, taken in order from the environment variables GPUS or
    CUDA_VISIBLE_DEVICES. `flags` are further flags of `swift deploy`, such as ("--vllm_max_model_len", "4096"). `device` is
    gpu, or cpu for the CPU backend. Logs of each start go to a folder of their own below `logs`.
    The name is the model's, with a fingerprint of its weights where it is a folder: a checkpoint that was trained on under the
    same path is another model, a copy under another path the same.
    """

    model: str
    adapter: str | None = None
    copies: int = 1
    tensor_parallel: int = 1
    device: str = "gpu"
    flags: tuple[str, ...] = ()
    logs: Path = Path("output/sampling")

    @property
    def name(self) -> str:
        from swift_grpo.check.commandline import expand

        flags = [f"--{name} {' '.join(values)}" for name, values in expand(list(self.flags)).items() if _matters(name)]
        return " ".join([_named(self.model), *([_named(self.adapter)] if self.adapter else []), *sorted(flags)])

    @contextlib.contextmanager
    def open(self) -> Iterator[list[Endpoint]]:
        from swift_grpo.sampling.servers import serve

        with serve(self) as endpoints:
            yield endpoints


_FINGERPRINT_BYTES = 1 << 16


def _matters(flag: str) -> bool:
    """Whether a flag of `swift deploy` changes the answers: a template does, vLLM's share of the memory does not."""
    return not flag.startswith("vllm_") or flag in ("vllm_max_model_len", "vllm_quantization")


def _named(model: str) -> str:
    """A hub id as it is; of a folder its last name and a fingerprint of what decides its answers."""
    folder = Path(model)
    if not folder.is_dir():
        return model
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(folder.glob("*")):
        if path.suffix in (".safetensors", ".bin", ".json", ".jinja", ".txt", ".model") and path.is_file():
            size = path.stat().st_size
            with path.open("rb") as file:
                digest.update(f"{path.name} {size} ".encode() + file.read(_FINGERPRINT_BYTES))
                file.seek(max(0, size - _FINGERPRINT_BYTES))
                digest.update(file.read())
    return f"{folder.resolve().name}@{digest.hexdigest()}"
