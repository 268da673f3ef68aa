"""The connections to the endpoints, one for each request in flight, and their back-off."""

import asyncio
import random
import ssl
import time
from dataclasses import dataclass

import httpx

from swift_grpo.sampling.client import TryAgain
from swift_grpo.sampling.models import Endpoint

_SHORTEST_WAIT, _LONGEST_WAIT = 0.5, 60.0  # of back-off
_IN_A_ROW = 8  # failures of an endpoint that close it for a while, and double its back-off each time


@dataclass
class Lane:
    """One endpoint, its failures in a row, and the time until which nothing is sent to it."""

    endpoint: Endpoint
    failures: int = 0
    closed_until: float = 0.0

    async def back_off(self, fault: TryAgain) -> None:
        """Wait as long as the server asked for, else longer after each failure, with full jitter.

        A single fault delays only its own worker. A server that asks for time, or only fails, delays all of them.
        """
        self.failures += 1
        now = time.monotonic()
        limit = min(_LONGEST_WAIT, _SHORTEST_WAIT * 2 ** (min(self.failures, 1000) // _IN_A_ROW))
        pause = random.uniform(0, limit) if fault.wait is None else fault.wait + random.uniform(0, _SHORTEST_WAIT)
        if fault.wait is not None or self.failures >= _IN_A_ROW:
            self.closed_until = max(self.closed_until, now + pause)
        await asyncio.sleep(pause)

    async def opened(self) -> None:
        while (rest := self.closed_until - time.monotonic()) > 0:
            await asyncio.sleep(rest)


def connect(endpoint: Endpoint, encryption: ssl.SSLContext, timeout: float) -> httpx.AsyncClient:
    """A client with one connection: in a pool, httpx's time to find a free one grows with the square of its size."""
    headers = {"content-type": "application/json"}
    if endpoint.api_key:
        headers["authorization"] = f"Bearer {endpoint.api_key}"
    return httpx.AsyncClient(
        base_url=endpoint.url + "/",
        headers=headers,
        verify=encryption,
        timeout=httpx.Timeout(timeout, connect=min(30.0, timeout)),
        limits=httpx.Limits(max_connections=1),
        trust_env=not endpoint.is_local,
    )
