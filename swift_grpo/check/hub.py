"""Is a model or a dataset on this machine, or on the hub?"""

import logging
import os
import re
from pathlib import Path

HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
TIMEOUT_SECONDS = 8


def on_hub(identifier: str, kind: str, use_hf: bool) -> str:
    """'' if `identifier` is in the local cache or on the hub, else the reason why it cannot be had.

    `kind` is "model" or "dataset". Asks ModelScope, or Hugging Face with `use_hf`, as ms-swift does.
    """
    if any(path.exists() for path in _cached(identifier, kind, use_hf)):
        return ""
    hub = "Hugging Face" if use_hf else "ModelScope"
    try:
        found = _on_hugging_face(identifier, kind) if use_hf else _on_modelscope(identifier, kind)
    except OSError:
        return f"is not on this machine, and {hub} cannot be reached"
    return "" if found else f"is not on {hub}"


def _cached(identifier: str, kind: str, use_hf: bool) -> list[Path]:
    home = Path.home() / ".cache"
    if use_hf:
        root = Path(os.environ.get("HF_HUB_CACHE") or Path(os.environ.get("HF_HOME") or home / "huggingface") / "hub")
        return [root / f"{kind}s--{identifier.replace('/', '--')}"]
    root = Path(os.environ.get("MODELSCOPE_CACHE") or home / "modelscope" / "hub")
    name = identifier.replace(".", "___")
    return [folder / f"{kind}s" / n for folder in (root, root / "hub") for n in (identifier, name)] + [
        root / n for n in (identifier, name)
    ]


def _on_hugging_face(identifier: str, kind: str) -> bool:
    import requests

    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    return _answers(requests, f"{endpoint}/api/{kind}s/{identifier}")


def _on_modelscope(identifier: str, kind: str) -> bool:
    import requests

    domain = os.environ.get("MODELSCOPE_DOMAIN", "www.modelscope.cn")
    return _answers(requests, f"https://{domain}/api/v1/{kind}s/{identifier}")


def _answers(requests, url: str) -> bool:
    """Whether the hub knows the page. A hub that answers 401 or 403 knows it and wants a login, which is the run's affair."""
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    status = requests.get(url, timeout=TIMEOUT_SECONDS, stream=True).status_code
    if status >= 500:
        raise OSError(f"{url} answers {status}")
    return status != 404
