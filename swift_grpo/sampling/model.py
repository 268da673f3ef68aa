"""Who is asked: an endpoint that is there already, or servers that are started for the purpose (servers.py)."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol


class SamplingError(Exception):
    """Sampling cannot start or go on. The message says what, where and how to mend it; what is finished is kept."""


@dataclass(frozen=True)
class Endpoint:
    """One OpenAI-compatible server: `url` up to and with `/v1`, and the name that it knows the model by."""

    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)


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

    @property
    def name(self) -> str:
        return self.model

    @contextlib.contextmanager
    def open(self) -> Iterator[list[Endpoint]]: ...


@dataclass(frozen=True)
class Served:
    """A model that `swift deploy` serves with vLLM on loopback for as long as it is needed, and not longer.

    `copies` servers share the work, each on `tensor_parallel` cards, taken in order from the environment variables GPUS or
    CUDA_VISIBLE_DEVICES. `flags` are further flags of `swift deploy`, such as ("--vllm_max_model_len", "4096"). `device` is
    gpu, or cpu for the CPU backend. Logs of each start go to a folder of their own below `logs`.
    The name is the model's, with a fingerprint of its weights where it is a folder: a checkpoint that was trained on under the
    same path is another model.
    """

    model: str
    adapter: str | None = None
    copies: int = 1
    tensor_parallel: int = 1
    device: str = "gpu"
    flags: tuple[str, ...] = ()
    logs: str = "output/sampling"

    @property
    def name(self) -> str: ...

    @contextlib.contextmanager
    def open(self) -> Iterator[list[Endpoint]]: ...
