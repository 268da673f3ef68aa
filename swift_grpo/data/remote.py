"""Streams sets from ModelScope and Hugging Face. Unlike ms-swift's own loader it runs no code of a data set."""

import os
import re
from collections.abc import Iterable
from typing import Any

_HUB_ID = re.compile(r"(?:(hf|ms)::)?([\w.-]+/[\w.-]+)(?::([\w.-]+))?", re.IGNORECASE)
_HUBS = {True: "huggingface", False: "modelscope"}


def parse(source: str) -> tuple[bool, str, str | None] | None:
    """`[hf::|ms::]OWNER/NAME[:SUBSET]`, as ms-swift writes it: (use Hugging Face, id, subset); None for anything else.

    >>> parse("hf::AI-MO/NuminaMath-TIR"), parse("openai/gsm8k:main")[1:], parse("./rows.jsonl")
    ((True, 'AI-MO/NuminaMath-TIR', None), ('openai/gsm8k', 'main'), None)
    """
    match = _HUB_ID.fullmatch(source)
    if match is None or source.startswith("."):
        return None
    hub, identifier, subset = match.groups()
    return uses_hf() if hub is None else hub.lower() == "hf", identifier, subset


def uses_hf() -> bool:
    """Whether `USE_HF` is set to true. The default is ModelScope, as in ms-swift."""
    return os.environ.get("USE_HF", "0").strip().lower() in {"1", "true", "yes", "on", "y", "t"}


def load(identifier: str, subset: str | None, split: str, hf: bool) -> Iterable[dict[str, Any]]:
    """The rows of a hub's set, streamed. Raises ValueError, in one line, for any error of the hub's library."""
    if not hf and "{split}" in (subset or ""):  # a pattern of files, for _from_hf
        raise ValueError(
            f"{identifier} has a script for a loader; set USE_HF=1, or download a file and use --from FILE"
        )
    try:
        return _from_hf(identifier, subset, split) if hf else _from_modelscope(identifier, subset, split)
    except ModuleNotFoundError as error:
        if error.name in ("datasets", "modelscope"):  # not installed: the message must name the extra, not the set
            raise
        raise ValueError(_reason(identifier, hf, error)) from None
    except Exception as error:  # the libraries raise many types, also from requests and httpx
        raise ValueError(_reason(identifier, hf, error)) from None


def rows(identifier: str, subset: str | None, split: str, hf: bool) -> Iterable[dict[str, Any]]:
    """Like `load`, and a stream that breaks off raises ValueError too."""
    try:
        yield from load(identifier, subset, split, hf)
    except (ValueError, ModuleNotFoundError):
        raise
    except Exception as error:
        raise ValueError(_reason(identifier, hf, error)) from None


def _from_hf(identifier: str, subset: str | None, split: str) -> Iterable[dict[str, Any]]:
    from datasets import load_dataset

    if subset and "{split}" in subset:  # the files of a set whose own loader is a script, which `datasets` runs no more
        kind, files = "json" if subset.endswith(".jsonl") else "parquet", subset.format(split=split)
        return load_dataset(kind, data_files=f"hf://datasets/{identifier}/{files}", split="train", streaming=True)
    return load_dataset(identifier, name=subset, split=split, streaming=True)


def _from_modelscope(identifier: str, subset: str | None, split: str) -> Iterable[dict[str, Any]]:
    from modelscope import MsDataset

    found = MsDataset.load(identifier, subset_name=subset, split=split, use_streaming=True, trust_remote_code=False)
    return getattr(found, "_hf_ds", found)


def _reason(identifier: str, hf: bool, error: Exception) -> str:
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    other = "unset USE_HF for ModelScope" if hf else "set USE_HF=1 for Hugging Face"
    return f"{identifier} cannot be loaded from {_HUBS[hf]}: {said[:200]}; correct the id, {other}, or use --from FILE"
