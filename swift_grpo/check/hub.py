"""Is a model or a dataset on this machine, or on the hub?"""

import re
import threading
import urllib.error
import urllib.request  # not httpx, which the extras bring: the preflight works with the light core alone
from dataclasses import dataclass, field
from pathlib import Path

from swift_grpo.formats.command_line import Command

HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "MODELSCOPE_API_TOKEN")
TIMEOUT_SECONDS = 1.0  # for all questions of a check together; they are asked at once


@dataclass(frozen=True)
class Answer:
    """`reason` is '' if it is available; `unreachable` says that no hub could tell."""

    reason: str = ""
    unreachable: bool = False


def uses_hf(command: Command) -> bool:
    """Whether Hugging Face is asked instead of ModelScope."""
    return command.true("use_hf") or command.environ.get("USE_HF", "").lower() in {"1", "true"}


@dataclass
class Lookup:
    """Questions to the hubs, each asked once; after one without an answer no other is asked."""

    environ: dict[str, str]
    timeout: float = TIMEOUT_SECONDS
    answers: dict[tuple[str, str, bool], Answer] = field(default_factory=dict)
    silent: bool = False

    def ask(self, identifier: str, kind: str, use_hf: bool) -> Answer:
        """Whether a model or dataset (`kind`) is in the local cache or on ModelScope (Hugging Face with `use_hf`)."""
        key = (identifier, kind, use_hf)
        if key not in self.answers:
            self.answers[key] = self._ask(*key)
        return self.answers[key]

    def _ask(self, identifier: str, kind: str, use_hf: bool) -> Answer:
        if any(path.exists() for path in _cached(identifier, kind, use_hf, self.environ)):
            return Answer()
        hub = "Hugging Face" if use_hf else "ModelScope"
        offline = [n for n in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE") if self.environ.get(n, "0") not in ("", "0")]
        if offline and use_hf:
            return Answer(f"is not on this machine, and {offline[0]} is set", False)
        if self.silent:
            return Answer(f"{hub} was not asked again", True)
        status = _status(_url(identifier, kind, use_hf, self.environ), self.timeout)
        if status is None or status >= 500:
            self.silent = True
            return Answer(f"{hub} cannot be reached from here", True)
        if status in (401, 403):
            token = any(self.environ.get(name) for name in TOKENS)
            said = f"{hub} wants a login for it ({status}): it is private, gated or not there"
            return (
                Answer(said, True) if token else Answer(f"cannot be had without {TOKENS[0 if use_hf else -1]}: {said}")
            )
        return Answer(f"is not on {hub}" if status == 404 else "")


def snapshot(identifier: str, use_hf: bool, environ: dict[str, str]) -> Path | None:
    """The folder with a model's tokenizer.json in the local cache; None without one."""
    roots = _cached(identifier, "model", use_hf, environ)
    folders = (folder for root in roots for folder in (root, *root.glob("snapshots/*")))
    return next((folder for folder in folders if (folder / "tokenizer.json").is_file()), None)


def _url(identifier: str, kind: str, use_hf: bool, environ: dict[str, str]) -> str:
    if use_hf:
        return f"{environ.get('HF_ENDPOINT', 'https://huggingface.co')}/api/{kind}s/{identifier}"
    return f"https://{environ.get('MODELSCOPE_DOMAIN', 'www.modelscope.cn')}/api/v1/{kind}s/{identifier}"


def _status(url: str, seconds: float) -> int | None:
    """The HTTP status of a page; None if none comes in time. Name look-ups have no time limit, so a thread waits.

    No token is sent: a hub answers 401 for what is private and for what does not exist.
    """
    found: list[int] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(url, timeout=seconds) as answer:
                found.append(answer.status)
        except urllib.error.HTTPError as error:
            found.append(error.code)
        except (OSError, ValueError):
            return

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return found[0] if found else None


def _cached(identifier: str, kind: str, use_hf: bool, environ: dict[str, str]) -> list[Path]:
    home = Path.home() / ".cache"
    if use_hf:
        root = Path(environ.get("HF_HUB_CACHE") or Path(environ.get("HF_HOME") or home / "huggingface") / "hub")
        return [root / f"{kind}s--{identifier.replace('/', '--')}"]
    root = Path(environ.get("MODELSCOPE_CACHE") or home / "modelscope" / "hub")
    name = identifier.replace(".", "___")
    return [folder / f"{kind}s" / n for folder in (root, root / "hub") for n in (identifier, name)] + [
        root / n for n in (identifier, name)
    ]
