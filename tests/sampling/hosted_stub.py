"""A stub of a hosted API, which cannot exist here: an OpenAI-compatible server on loopback that fails at random, by seed.

    python -m tests.sampling.hosted_stub PORT_FILE --faults 0.3 --seed 7

What it answers depends on the prompt and the seed of the request alone, so that a sample can be checked against them.
"""

import argparse
import asyncio
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

FAULTS = (
    "429",
    "429 later",
    "500",
    "503",
    "half",
    "stall",
    "garbage",
    "no choices",
    "hang up",
    "wrong length",
    "empty",
)
STALL_SECONDS = 30.0


def completion_of(prompt: str, seed: int) -> str:
    """What the stub answers."""
    return f"<think>{seed}</think><answer>{prompt[::-1]}</answer>"


class Stub:
    """Serves /v1/chat/completions. `faults` is the share of requests that fail, `delay` the seconds an answer takes."""

    def __init__(self, faults: float = 0.0, seed: int = 0, delay: float = 0.0, kinds: tuple[str, ...] = FAULTS) -> None:
        self.faults, self.delay, self.kinds = faults, delay, kinds
        self.chance = random.Random(seed)
        self.requests = 0
        self.key: str | None = None  # the key that it wants
        self.model = "stub"
        self.body = b""  # of the fault "body"
        self.longest = 10_000  # characters of a prompt
        self.text: Callable[[str, int], str] = completion_of
        self.finish = "stop"
        self.owner = ""  # of the models that it lists; "" lists none
        self.stops = True  # at a stop word; as the owner does, it keeps the word or cuts it off
        self.asked: list[dict] = []  # requests with their fields

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer a request; whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = next((int(line.split(":")[1]) for line in head.split("\r\n") if line.startswith("content-length:")), 0)
        body = await reader.readexactly(length)
        self.requests += 1
        if self.delay:
            await asyncio.sleep(self.delay * self.chance.uniform(0.5, 1.5))
        fault = self.chance.choice(self.kinds) if self.chance.random() < self.faults else ""
        if fault:
            return await self._fail(fault, writer)
        status, answer = self._answer(head, body)
        return await self._send(writer, status, json.dumps(answer).encode())

    def _answer(self, head: str, body: bytes) -> tuple[int, dict]:
        if head.startswith("get /v1/models ") and self.owner:
            return 200, {"data": [{"id": self.model, "owned_by": self.owner}]}
        if not head.startswith("post /v1/chat/completions "):
            return 404, {"detail": "Not Found"}
        if self.key and f"authorization: bearer {self.key}" not in head:
            return 401, {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}
        request = json.loads(body)
        self.asked.append(request)
        if request["model"] != self.model:
            return 404, {"error": {"message": f"The model `{request['model']}` does not exist"}}
        prompt = request["messages"][-1]["content"]
        if not self.owner and "continue_final_message" in request:
            return 400, {"error": {"message": "Unrecognized request argument supplied: continue_final_message"}}
        if len(prompt) > self.longest:
            return 400, {"error": {"message": "the prompt is longer than the model's context"}}
        text = self.text(prompt, request["seed"])
        for word in request.get("stop", []) if self.stops else []:
            kept = self.owner == "swift" or request.get("include_stop_str_in_output")
            before, found, _ = text.partition(word)
            text = before + (found if kept else "")
        message = {"role": "assistant", "content": text}
        usage = {"prompt_tokens": len(prompt), "completion_tokens": 10}
        return 200, {"choices": [{"index": 0, "message": message, "finish_reason": self.finish}], "usage": usage}

    async def _fail(self, fault: str, writer: asyncio.StreamWriter) -> bool:
        match fault:
            case "429":
                return await self._send(writer, 429, b"{}")
            case "429 later":
                return await self._send(writer, 429, b"{}", "retry-after: 0\r\n")
            case "429 in an hour":  # in no random choice
                return await self._send(writer, 429, b"{}", "retry-after: 3600\r\n")
            case "500" | "503":
                return await self._send(writer, int(fault), b"<html>Bad Gateway</html>")
            case "garbage":
                return await self._send(writer, 200, bytes(self.chance.randrange(256) for _ in range(200)))
            case "no choices":
                return await self._send(writer, 200, b'{"choices": [], "usage": null}')
            case "empty":
                return await self._send(writer, 200, b"")
            case "body":
                return await self._send(writer, 200, self.body)
            case "half":
                whole = json.dumps({"choices": [{"message": {"content": "half an answer"}}]}).encode()
                return await self._send(writer, 200, whole[: len(whole) // 2])
            case "wrong length":  # announces more than it sends
                writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"choices": [{"mess')
                await writer.drain()
            case "stall":
                await asyncio.sleep(STALL_SECONDS)
        return False

    async def _send(self, writer: asyncio.StreamWriter, status: int, body: bytes, more: str = "") -> bool:
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n{more}\r\n".encode() + body)
        await writer.drain()
        return True


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port_file", type=Path)
    parser.add_argument("--faults", type=float, default=0.0)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    stub = Stub(options.faults, options.seed, options.delay)
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
    temporary = options.port_file.with_suffix(".new")
    temporary.write_text(str(server.sockets[0].getsockname()[1]))
    temporary.replace(options.port_file)
    parent = os.getppid()
    while os.getppid() == parent:  # nothing is left behind where the test is killed
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(main())
