"""A local server in place of a judge: answers /chat/completions with what a function makes of the request. A stub: no
model runs in it."""

import asyncio
import contextlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from grpo_rewards import settings

Made = tuple[int, str, float]  # status, body, seconds to wait


def chat(content: str) -> Made:
    return 200, json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}), 0.0


@dataclass
class Stub:
    """`reply` makes the answer to a request's body; `bodies` are those that came."""

    reply: Callable[[dict[str, Any]], Made]
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)

    async def handle(self, request: Any) -> Any:
        from starlette.responses import Response

        self.bodies.append(body := await request.json())
        status, text, seconds = self.reply(body)
        await asyncio.sleep(seconds)
        return Response(text, status, media_type="application/json")


@contextlib.contextmanager
def serving(reply: Callable[[dict[str, Any]], Made]) -> Iterator[Stub]:
    """A running stub; it ends with the block."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Route

    stub = Stub(reply)
    app = Starlette(routes=[Route("/v1/chat/completions", stub.handle, methods=["POST"])])
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    stub.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    try:
        yield stub
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def ask(
    url: str, answers: list[str], question: str = "What is 1+1?", rubric: Any = None, **given: Any
) -> list[float | None]:
    """What the reward pays, called as ms-swift does."""
    parameters = {"url": url, "tries": 2, "seconds": 30.0, "concurrency": 4, **given}
    rewarder = settings.build(settings.load("")["llm_judge"][0], parameters)
    turns = [[{"role": "user", "content": question}, {"role": "assistant", "content": answer}] for answer in answers]
    columns = {"messages": turns} | ({"rubric": [rubric] * len(answers)} if rubric else {})
    return asyncio.run(rewarder.ask(answers, **columns))


def text_of(body: dict[str, Any]) -> str:
    return body["messages"][0]["content"]


def listed(body: dict[str, Any]) -> list[str]:
    """The names of the criteria in a request, in its order."""
    part = text_of(body).partition("<criteria>\n")[2].partition("\n</criteria>")[0]
    return re.findall(r'^- "(.*?)": ', part, re.MULTILINE)


def marked(marks: dict[str, Any], reason: str = "a stub's reason") -> Made:
    return chat(json.dumps({name: {"reason": reason, "mark": mark} for name, mark in marks.items()}))
