"""The stub of a hosted API, in a thread of its own for fast tests."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from swift_grpo.sampling.models import Hosted
from tests.sampling.hosted_stub import Stub


class Running:
    """A stub that serves; change its attributes to change what it does."""

    def __init__(self) -> None:
        self.stub = Stub()
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait()

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.stub.serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()
        server.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def model(self) -> Hosted:
        return Hosted("stub", (self.url,))

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


@pytest.fixture
def hosted() -> Iterator[Running]:
    running = Running()
    yield running
    running.stop()
