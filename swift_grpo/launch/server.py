"""Waits until a rollout server can be used, and makes sure that it is the one that was started."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable

import psutil

from swift_grpo.launch.command import option
from swift_grpo.launch.process import Part

TIMEOUT_SECONDS = 1800  # a 70B model from a cold disk takes minutes; a server that dies is noticed at once
ANNOUNCE_EVERY_SECONDS = 20


class ServerFailed(Exception):
    """The rollout server is not the one that answers on its port, or does not answer."""


def wait_until_healthy(server: Part, command: list[str], pause: Callable[[float], None]) -> bool:
    """Wait for `/health/`, saying so now and then; False when the server ended first. Raises ServerFailed."""
    port = int(option(command, "--port"))
    url = f"http://{option(command, '--host')}:{port}/health/"
    print(f"swift-grpo: rollout server is loading the model (usually 1 to 2 minutes), log: {server.log}", flush=True)
    begin = announced = time.monotonic()
    while not _healthy(url):
        if server.fault():
            return False
        now = time.monotonic()
        if now - begin > TIMEOUT_SECONDS:
            raise ServerFailed(f"the rollout server was not healthy after {TIMEOUT_SECONDS} s")
        if now - announced > ANNOUNCE_EVERY_SECONDS:
            announced = now
            print(f"swift-grpo: rollout server still loading, {now - begin:.0f} s", flush=True)
        pause(1)
    if not _listens(server, port):
        raise ServerFailed(f"port {port} is answered by another program: ms-swift took another port; start again")
    server.mark_vital()
    print(f"swift-grpo: rollout server healthy after {time.monotonic() - begin:.0f} s", flush=True)
    return True


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _listens(server: Part, port: int) -> bool:
    """Whether a process of the server holds the listening socket of `port`."""
    return any(
        connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        for process in server.family()
        for connection in process.net_connections("tcp")
    )
