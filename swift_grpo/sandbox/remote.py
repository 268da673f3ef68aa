"""Programs on a server with SandboxFusion's interface (github.com/bytedance/SandboxFusion, `POST /run_code`).

The same runner runs there, so tests and programs are apart there too. The filter of calls to the kernel applies if that
machine is of this one's kind; files and the network are the matter of the server's container.
"""

import base64
import json
import os
import random
import time
from typing import Any

from swift_grpo.sandbox import filter, messages
from swift_grpo.sandbox.jobs import LIMITS, Limits, Outage, Outcome, Program

_ANSWERS = "answers.jsonl"
_TRIES = 4
_LONGEST = 64 << 20  # bytes of a reply


class Remote:
    name = "SandboxFusion"
    workers = 16  # requests at a time

    def __init__(self, url: str) -> None:
        """`url`: the server's, such as http://127.0.0.1:8080. Raises ValueError for another kind of address, and NoSandbox
        without libseccomp, which makes the filter that is sent."""
        import httpx

        if not url.startswith(("http://", "https://")):
            raise ValueError(f"the sandbox's url is {url!r}; give the server's, such as http://127.0.0.1:8080")
        self.filter = filter.program().hex()
        self.url = url.rstrip("/") + "/run_code"
        self.client = httpx.Client(limits=httpx.Limits(max_connections=64))

    @property
    def about(self) -> str:
        return f"SandboxFusion at {self.url}, up to {self.workers} programs at a time"

    def run(self, program: Program, limits: Limits = LIMITS) -> list[Outcome]:
        """One outcome for each case. Raises Outage after the last try, ValueError for a wrong program."""
        setup: dict[str, Any] = {"readable": [], "landlock": False, "uid": 0, "own_user": False, "packages": []}
        setup |= {"filter": self.filter, "machine": os.uname().machine, "folder": ".", "answers": _ANSWERS}
        sent = messages.messages(setup, program, limits)
        body = {
            "language": "python",
            "code": messages.script(),
            "stdin": sent.decode("ascii"),
            "files": {name: base64.b64encode(content).decode() for name, content in program.files.items()},
            "fetch_files": [_ANSWERS],  # stdout would block when it is long
            "run_timeout": limits.total_seconds + 10,
        }
        for attempt in range(_TRIES):
            try:
                return messages.outcomes(program, *self._post(body, limits.total_seconds + 60))
            except Outage as error:
                if attempt + 1 == _TRIES:
                    raise Outage(f"{self.url}: {error}") from None
            time.sleep(0.5 * 2**attempt * random.uniform(1.0, 1.5))
        raise AssertionError("the last try returns or raises")

    def _post(self, body: dict, seconds: float) -> tuple[bytes, str]:
        """What the runner answered, and its stderr. Raises Outage."""
        import httpx

        try:
            with self.client.stream("POST", self.url, json=body, timeout=seconds) as response:
                reply = b""
                for piece in response.iter_bytes():
                    reply += piece
                    if len(reply) > _LONGEST:
                        raise Outage("a reply of more than 64 MB")
                if response.status_code != 200:
                    raise Outage(f"status {response.status_code}")
            answer = json.loads(reply)
            errors = (answer["run_result"] or {}).get("stderr") or answer["message"] or ""
            return base64.b64decode(answer["files"].get(_ANSWERS, "")), str(errors)
        except httpx.HTTPError as error:
            raise Outage(type(error).__name__) from None
        except (ValueError, LookupError, TypeError, AttributeError):
            raise Outage("a reply that is not SandboxFusion's") from None
