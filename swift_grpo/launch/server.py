"""Waits until a server is ready, and checks that it is the one that was started."""

import contextlib
import http.client  # not httpx: a launcher needs no extra
import socket
import sys
import time
from collections.abc import Callable

import psutil

from swift_grpo.launch.command import option, title
from swift_grpo.launch.process import Part

TIMEOUT_SECONDS = 1800  # a 70B model from a cold disk takes minutes; a server that dies is noticed at once
ANNOUNCE_EVERY_SECONDS = 20
FREE_SECONDS = 90
REFUSALS = 3  # in a row: uvicorn may drop one under load


class ServerFailed(Exception):
    """The server is not the one that answers on its port, or does not answer."""


def wait_until_free(command: list[str], pause: Callable[[float], None]) -> None:
    """Wait until the server's port can be bound: closed connections linger (TIME_WAIT, a minute), and `swift rollout`
    would silently take the next port (`find_free_port` in swift/utils/utils.py). Raises ServerFailed after
    FREE_SECONDS: then another program has it."""
    port, begun = int(option(command, "--port")), time.monotonic()
    while not _can_bind(port):
        if time.monotonic() - begun > FREE_SECONDS:
            raise ServerFailed(
                f"port {port} is still not free after {FREE_SECONDS} s: another program took it; start again"
            )
        if time.monotonic() - begun < 0.5:
            what = f"port {port} is not free yet: connections of the last start linger, usually for a minute"
            print(f"swift-grpo: {what}", file=sys.stderr, flush=True)
        pause(0.5)


def _can_bind(port: int) -> bool:
    with socket.socket() as one, contextlib.suppress(OSError):
        one.bind(("", port))
        return True
    return False


def wait_until_healthy(server: Part, command: list[str], pause: Callable[[float], None]) -> bool:
    """Wait for `/health/` and print progress; returns False if the server ended first. Raises ServerFailed."""
    host, port = option(command, "--host"), int(option(command, "--port"))
    name = server.title.removeprefix("the ")
    print(f"swift-grpo: {name} is loading the model (usually 1 to 2 minutes), log: {server.log}", flush=True)
    begin = announced = time.monotonic()
    while _answer(host, port, "/health/", timeout=2) != "healthy":
        if server.fault():
            return False
        now = time.monotonic()
        if now - begin > TIMEOUT_SECONDS:
            raise ServerFailed(f"{server.title} was not healthy after {TIMEOUT_SECONDS} s")
        if now - announced > ANNOUNCE_EVERY_SECONDS:
            announced = now
            print(f"swift-grpo: {name} still loading, {now - begin:.0f} s", flush=True)
        pause(1)
    if not _listens(server, port):
        raise ServerFailed(f"port {port} is answered by another program: ms-swift took another port; start again")
    server.mark_vital()
    print(f"swift-grpo: {name} healthy after {time.monotonic() - begin:.0f} s", flush=True)
    return True


class Answers:
    """Checks a server that was healthy, each time with `/health/` and a further request.

    ms-swift 4.6.0 waits for the engine inside its event loop (`infer` in swift/pipelines/infer/rollout.py), so a server
    answers nothing until its rollouts are done. A closed port or a status other than 200 is a fault.
    """

    def __init__(self, command: list[str]) -> None:
        self.address = option(command, "--host"), int(option(command, "--port"))
        self.paths = ("/health/", "/ping" if title(command) == "swift deploy" else "/get_world_size/")
        self.refusals = 0
        self.state = "healthy"

    def fault(self) -> str:
        """What is wrong with its answers, '' if nothing."""
        states = (_answer(*self.address, path, timeout=1) for path in self.paths)
        self.state = next((state for state in states if state != "healthy"), "healthy")
        self.refusals = self.refusals + 1 if self.state not in ("healthy", "busy") else 0
        return self.state if self.refusals >= REFUSALS else ""


def _answer(host: str, port: int, path: str, timeout: float) -> str:
    """ "healthy", "busy" if no answer comes in `timeout` seconds, or what is wrong.

    The connection is closed here and not by the server ("Connection: close"), else it holds the port for a minute."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
        usable = status in (200, 401)  # 401: it has an --api_key
        return "healthy" if usable else f"answers {status} on http://{host}:{port}{path}"
    except (TimeoutError, http.client.HTTPException):
        return "busy"
    except OSError as error:
        return f"does not answer: {error}"
    finally:
        connection.close()


def _listens(server: Part, port: int) -> bool:
    """Whether a process of the server holds the listening socket of `port`."""
    return any(
        connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        for process in server.family()
        for connection in process.net_connections("tcp")
    )
