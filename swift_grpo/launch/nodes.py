"""Connects the launchers of one run on several machines. They meet before any model is loaded, try all connections
that the run will use, and report their end to each other: torchrun and NCCL would wait half an hour or for ever.

All connect to the first node's launcher and stay connected. A word is one line of JSON, {"kind": ...}:
  to the first     hello (what I listen on) - tried - served - ended (with code and cause) - stop (a signal's number)
  from the first   try (these addresses) - go - train (all servers are healthy) - stop - end (with code and cause) - over (again?)
A process that dies closes its connection at once. TCP's keepalive detects a cut link or a machine without power.
"""

import contextlib
import hmac
import json
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from swift_grpo.launch.command import assigned, values
from swift_grpo.launch.end import End, Stopped
from swift_grpo.printable import one_line

TRY_SECONDS = 5.0
MEET_SECONDS = 600.0  # people go from machine to machine; under Slurm all start at once
OVER_SECONDS = 60.0  # until the first node has stopped its own processes
KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 3, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 17_000}  # 17 s in all
LONGEST = 65_536  # bytes of a word
MOST = 64  # ports that a node listens on
SAME = "all nodes must resume from the same checkpoint: put the output folder on a file system that they share"

Pause = Callable[[float], None]


class NodesFailed(Exception):
    """The nodes could not meet, or one was lost; `code` is 2 if only another setting can help."""

    def __init__(self, what: str, code: int = 1) -> None:
        super().__init__(what)
        self.code = code


@dataclass(frozen=True)
class Place:
    """The addresses of all nodes (the first trains, and they meet there), this node's index, and the port to meet at.

    `key`: only nodes with the same key are admitted. It is sent in the clear, to separate runs, not to protect them.
    """

    addresses: list[str]
    index: int
    port: int
    key: str = ""
    patience: float = MEET_SECONDS

    def name(self, index: int) -> str:
        return f"node {index} ({self.addresses[index]})"


class Nodes:
    """This node's connection to the others, for one start. `pause` sleeps, and raises Stopped at a stop signal."""

    def __init__(self, place: Place, commands: list[list[str]], pause: Pause) -> None:
        self.place, self.pause = place, pause
        self.first = place.index == 0
        *self.servers, self.trainer = commands
        self.links: dict[int, socket.socket] = {}
        self.words: queue.Queue[tuple[int, dict[str, Any]]] = queue.Queue()
        self.done: set[int] = set()  # nodes that said how they ended
        self.over: dict[str, Any] | None = None

    # ---- before anything is started
    def meet(self) -> None:
        """Wait for all nodes, then try the network. Raises NodesFailed."""
        own = listens(self.place, self.servers, self.trainer)
        hello = {"kind": "hello", "key": self.place.key, "node": self.place.index, "listens": own, "wrong": ""}
        hello |= {"trains": bool(self.trainer), "resume": values(self.trainer, "--resume_from_checkpoint")}
        with contextlib.ExitStack() as stack:
            try:
                for address, port, _ in own:
                    stack.enter_context(_listen(address, port))
            except NodesFailed as failure:
                if self.first:
                    raise
                hello["wrong"] = f"{self.place.name(self.place.index)}: {failure}"  # the first node reports it to all
            ways = self._gather(hello) if self.first else self._join(hello)
            print(f"swift-grpo: {len(self.place.addresses)} nodes have met, {ways} links tried from here", flush=True)

    def _gather(self, hello: dict[str, Any]) -> int:
        hellos = {0: hello}
        others = range(1, len(self.place.addresses))
        deadline = time.monotonic() + self.place.patience
        with _listen(self.place.addresses[0], self.place.port) as door:
            door.settimeout(0.2)
            print(f"swift-grpo: waiting for {len(others)} more nodes at port {self.place.port}", flush=True)
            while len(hellos) <= len(others):
                self.pause(0.01)
                with contextlib.suppress(TimeoutError):
                    self._admit(door.accept()[0], hellos)
                if time.monotonic() > deadline:
                    late = ", ".join(self.place.name(i) for i in others if i not in hellos)
                    self._refuse(f"{late} did not come within {self.place.patience:.0f} s", code=1)
        if wrong := [one["wrong"] for one in hellos.values() if one["wrong"]]:
            self._refuse("; ".join(wrong))
        if len({str(one["resume"]) for one in hellos.values() if one["trains"]}) > 1:
            self._refuse(f"{SAME} ({', '.join(str(one['resume']) for one in hellos.values() if one['trains'])})")
        wanted = {i: list(ways(i, hellos)) for i in hellos}
        for i in others:
            self._send(i, kind="try", ways=wanted[i])
        tried = [{"wrong": try_all(self.place, wanted[0])}, *self._wait("tried", others, TRY_SECONDS * 3).values()]
        if wrong := [one_line(str(one["wrong"]), 500) for one in tried if one.get("wrong")]:
            self._refuse("; ".join(wrong))
        self._broadcast(kind="go")
        return len(wanted[0])

    def _admit(self, link: socket.socket, hellos: dict[int, dict[str, Any]]) -> None:
        """Admit a node with a correct hello; close any other connection."""
        link.settimeout(TRY_SECONDS)
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            word = json.loads(link.makefile("rb").readline(LONGEST))
            known = hmac.compare_digest(str(word["key"]).encode(), self.place.key.encode())
            if known and word["node"] in range(1, len(self.place.addresses)) and word["node"] not in hellos:
                hellos[word["node"]] = {
                    "listens": [[str(address), int(port), str(what)] for address, port, what in word["listens"][:MOST]],
                    "trains": word["trains"] is True,
                    "resume": [str(one) for one in word["resume"][:1]],
                    "wrong": one_line(str(word["wrong"]), 500),
                }
                self._keep(word["node"], link)
                return
        with contextlib.suppress(OSError):
            what = f"port {self.place.port} of {self.place.name(0)} is another run's, or two nodes have one number"
            link.sendall(json.dumps({"kind": "end", "code": 2, "what": what}).encode() + b"\n")
        link.close()

    def _join(self, hello: dict[str, Any]) -> int:
        deadline = time.monotonic() + self.place.patience
        target = (self.place.addresses[0], self.place.port)
        while not isinstance(link := reach(self.place.addresses[self.place.index], *target), socket.socket):
            if link != REFUSED:  # refused: the first node has not started yet
                raise NodesFailed(f"{self.place.name(0)}, port {self.place.port}, {link}", 2)
            if time.monotonic() > deadline:
                raise NodesFailed(f"{self.place.name(0)} did not come within {self.place.patience:.0f} s")
            self.pause(0.5)
        self._keep(0, link)
        self._send(0, **hello)
        word = self._wait("try", [0], self.place.patience)[0]
        self._send(0, kind="tried", wrong=try_all(self.place, word["ways"]))
        self._wait("go", [0], TRY_SECONDS * 5)
        return len(word["ways"])

    def served(self) -> None:
        """Call it when this node's servers, if any, are healthy. Returns when those of all nodes are."""
        if self.first:
            self._wait("served", range(1, len(self.place.addresses)))
            self._broadcast(kind="train")
        else:
            self._send(0, kind="served")
            if self.trainer:
                self._wait("train", [0])

    # ---- while it runs
    def look(self) -> End | None:
        """The end of the run, if another node has reported one. Raises Stopped if a node got a stop signal."""
        while True:
            try:
                node, word = self.words.get_nowait()
            except queue.Empty:
                return None
            if end := self._read(node, word):
                return end

    def _read(self, node: int, word: dict[str, Any]) -> End | None:
        kind, code = word.get("kind"), word.get("code")
        if kind == "stop" and isinstance(word.get("number"), int) and self.trainer:
            raise Stopped(word["number"])
        if kind in ("end", "ended"):
            self.done.add(node)
            if code == 0:  # a trainer ends by itself, a server does not
                return None if self.trainer else End(0, "finished")
            said = one_line(str(word.get("what")), 500)
            return End(1, f"{self.place.name(node)}: {said}" if kind == "ended" else said)
        if kind == "over":
            self.over = word
            return self._read(node, word | {"kind": "end"})
        if kind == "lost":
            self.links.pop(node).close()
        if kind == "lost" and node not in self.done:
            return End(1, f"lost {self.place.name(node)}: {word['why']}")
        return None

    def hear(self, seconds: float) -> End | None:
        """The end that another node reports within `seconds`, since a failure here may follow from one there."""
        deadline = time.monotonic() + seconds
        while not (end := self.look()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return end

    # ---- at the end
    def stop(self, number: int) -> None:
        """Pass a stop signal on."""
        self._broadcast(kind="stop", number=int(number))

    def tell(self, end: End) -> None:
        """Report how this node ended, so that the others end too."""
        self._broadcast(kind="end" if self.first else "ended", code=end.code, what=end.cause())

    def part(self, end: End, again: bool) -> bool:
        """Disconnect. Returns whether all nodes start again, which the first node decides."""
        if self.first:
            self._broadcast(kind="over", code=end.code, what=end.cause(), again=again)
        deadline = time.monotonic() + OVER_SECONDS
        while not self.first and self.over is None and 0 in self.links and time.monotonic() < deadline:
            with contextlib.suppress(queue.Empty, Stopped):
                self._read(*self.words.get(timeout=0.5))
        for link in self.links.values():
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()
        return again if self.first else bool(self.over and self.over.get("again") is True)

    # ---- words
    def _keep(self, node: int, link: socket.socket) -> None:
        link.settimeout(None)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE.items():
            link.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        self.links[node] = link
        threading.Thread(target=self._hear, args=(node, link), daemon=True).start()

    def _hear(self, node: int, link: socket.socket) -> None:
        why = "its launcher ended without a word"
        try:
            with link.makefile("rb") as lines:
                while line := lines.readline(LONGEST):
                    word = json.loads(line)
                    if isinstance(word, dict):
                        self.words.put((node, word))
        except OSError as error:
            why = f"the connection broke ({error.strerror or error})"
        except ValueError:
            why = "it sent something that is not a launcher's message"
        self.words.put((node, {"kind": "lost", "why": why}))

    def _send(self, node: int, /, **word: Any) -> None:
        with contextlib.suppress(OSError):  # `_hear` reports a node that is gone
            self.links[node].sendall(json.dumps(word).encode() + b"\n")

    def _broadcast(self, **word: Any) -> None:
        for node in self.links:
            self._send(node, **word)

    def _wait(self, kind: str, nodes: Iterable[int], seconds: float = float("inf")) -> dict[int, dict[str, Any]]:
        """One word of that kind from each of the nodes. Raises NodesFailed if one is lost, ends or takes too long."""
        found: dict[int, dict[str, Any]] = {}
        missing, deadline = set(nodes), time.monotonic() + seconds
        while missing:
            try:
                node, word = self.words.get_nowait()
            except queue.Empty:
                self.pause(0.1)
                if time.monotonic() > deadline:
                    raise NodesFailed(f"{self.place.name(min(missing))} says nothing") from None
                continue
            if word.get("kind") == kind and node in missing:
                found[node] = word
                missing.discard(node)
            elif end := self._read(node, word):
                raise NodesFailed(end.what, 2 if word.get("code") == 2 else 1)
        return found

    def _refuse(self, what: str, code: int = 2) -> None:
        self._broadcast(kind="end", code=code, what=what)
        raise NodesFailed(what, code)


# ---- the network
REFUSED = "refuses"


def reach(source: str, address: str, port: int) -> socket.socket | str:
    """A connection from this machine's address `source`, or what failed."""
    try:
        return socket.create_connection((address, port), TRY_SECONDS, source_address=(source, 0))
    except ConnectionRefusedError:
        return REFUSED
    except TimeoutError:
        return f"does not answer {source} within {TRY_SECONDS:.0f} s (a firewall, or not the interface that joins them)"
    except (OSError, OverflowError) as error:
        return f"cannot be reached from {source} ({getattr(error, 'strerror', None) or error})"


def try_all(place: Place, ways: list[tuple[str, int, str]]) -> str:
    """Connect to each (address, port, what it is), all at once; returns '' or what failed."""
    said: list[str] = []

    def one(address: str, port: int, what: str) -> None:
        link = reach(place.addresses[place.index], address, port)
        if isinstance(link, socket.socket):
            link.close()
        else:
            said.append(f"{address}:{port}, the {what}, {link}")

    threads = [threading.Thread(target=one, args=tuple(way)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return "; ".join(sorted(said))


def ways(node: int, hellos: dict[int, dict[str, Any]]) -> Iterable[tuple[str, int, str]]:
    """What a node must reach: a training node the ranks of all others, the first node the servers too."""
    for other, hello in hellos.items():
        for address, port, what in hello["listens"]:
            if other != node and hellos[node]["trains"] and (what == RANKS or node == 0):
                yield address, port, what


RANKS, SERVER, SYNC = "port of torchrun and its ranks", "rollout server", "weight sync"


def listens(place: Place, servers: list[list[str]], trainer: list[str]) -> list[tuple[str, int, str]]:
    """(address, port, what it is) that this node's commands will listen on; ranks also use other ports."""
    found = []
    for server in servers:
        found.append((values(server, "--host")[-1], int(values(server, "--port")[-1]), SERVER))
        if sync := assigned(server).get("WEIGHT_SYNC_ADDRESS"):
            address, _, port = sync.rpartition(":")
            found.append((address, int(port), SYNC))
    if trainer and (ranks := assigned(trainer).get("MASTER_PORT")):
        found.append((place.addresses[place.index], int(ranks), RANKS))
    return found


def _listen(address: str, port: int) -> socket.socket:
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        one.bind((address, port))
        one.listen(64)
    except OSError as error:
        one.close()
        raise NodesFailed(f"cannot listen on {address}:{port}: {error.strerror}", 2) from None
    return one
