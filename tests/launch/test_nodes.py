"""Several launchers that belong to one run, each with an address of its own on this machine (127.0.0.x): real processes and
connections, stub commands. With cut links and real hosts: tests/e2e/test_slurm.py."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from swift_grpo.launch import nodes as nodes_module
from swift_grpo.launch.interfaces import address_of, interface_of, this_node
from swift_grpo.launch.nodes import Place, reach, try_all, ways
from tests.launch.stubs import LAUNCH, free_port, python

pytestmark = pytest.mark.slow

# answers 200 on its own address
SERVER = """
import http.server as h, socketserver, sys
class Answer(h.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # as uvicorn: the client closes
    def do_GET(self): self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *words): pass
h.ThreadingHTTPServer((sys.argv[2], int(sys.argv[4])), Answer).serve_forever()
"""
LAUNCH_NODE = (
    LAUNCH
    + """
from swift_grpo.launch.nodes import Place
asked = json.loads(sys.argv[1])
sys.exit(launch(asked["commands"], Path(asked["folder"]), restarts=asked["restarts"], place=Place(**asked["place"])))
"""
)
SLEEPS = python("import time; time.sleep(120)")


class Run:
    """Launchers on 127.0.0.1, .2, …, which are all gone at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.started = folder, free_port(), {}

    def serves(self, node: int) -> list[str]:
        return [sys.executable, "-c", SERVER, "--host", f"127.0.0.{node + 1}", "--port", str(self.port + 1)]

    def start(self, node: int, *commands: list[str], of: int, restarts: int = 0, **place) -> subprocess.Popen:
        place = {
            "addresses": [f"127.0.0.{i + 1}" for i in range(of)],
            "index": node,
            "port": self.port,
            "patience": 20,
        } | place
        asked = {"commands": commands, "folder": str(self.folder / f"n{node}"), "restarts": restarts, "place": place}
        words = [sys.executable, "-c", LAUNCH_NODE, json.dumps(asked)]
        self.started[node] = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return self.started[node]

    def codes(self, timeout: float = 40) -> dict[int, int]:
        return {node: one.wait(timeout) for node, one in self.started.items()}

    def cause(self, node: int, start: str = "") -> str:
        return json.loads((self.folder / f"n{node}{start}/run.json").read_text())["cause"]

    def until(self, path: str) -> None:
        deadline = time.monotonic() + 20
        while not (self.folder / path).exists():
            assert time.monotonic() < deadline, f"no {path}"
            time.sleep(0.05)

    def touch(self, name: str, then: str = "") -> list[str]:
        return python(f"import pathlib, sys, time; pathlib.Path({str(self.folder / name)!r}).touch(); {then}")


@pytest.fixture
def run(tmp_path):
    made = Run(tmp_path)
    yield made
    for one in made.started.values():
        one.kill()
        one.communicate()


def test_all_begin_when_the_server_is_healthy_and_end_when_the_first_trainer_does(run):
    sees = (
        f"import urllib.request as r; assert r.urlopen('http://127.0.0.3:{run.port + 1}/health/').status == 200; "
        f"import pathlib; pathlib.Path({str(run.folder)!r}, sys.argv[1]).touch()"
    )
    run.start(2, run.serves(2), [], of=3)
    run.start(0, python("import sys; " + sees, "first"), of=3)
    run.start(1, python("import sys, time; " + sees + "; time.sleep(2)", "second"), of=3)
    assert run.codes() == {0: 0, 1: 0, 2: 0}
    assert {run.cause(node) for node in range(3)} == {"finished"}
    assert (run.folder / "first").exists() and (run.folder / "second").exists()


@pytest.mark.parametrize("dies", [0, 2])
def test_a_node_that_dies_ends_the_others(run, dies):
    run.start(0, run.touch("up", "time.sleep(120)"), of=3)
    run.start(1, run.touch("up1", "time.sleep(120)"), of=3)
    run.start(2, run.serves(2), [], of=3)
    run.until("up")
    run.until("up1")
    run.started.pop(dies).kill()
    assert set(run.codes().values()) == {1}
    for node in run.started:
        assert f"lost node {dies} (127.0.0.{dies + 1}): its launcher ended without a word" in run.cause(node)


def test_a_server_that_fails_ends_the_trainers_and_they_say_why(run):
    run.start(0, run.touch("up", "time.sleep(120)"), of=2)
    server = run.start(1, run.serves(1), [], of=2)
    run.until("up")
    serving = [p for p in psutil.Process(server.pid).children(recursive=True) if "--host" in p.cmdline()]
    serving[-1].kill()  # not its guard
    assert run.codes() == {0: 1, 1: 1}
    assert run.cause(0).startswith("node 1 (127.0.0.2): the rollout server ended with code 137 (SIGKILL)")


@pytest.mark.parametrize("told", [0, 1])
def test_a_stop_signal_on_one_stops_all(run, told):
    run.start(0, run.touch("up", "time.sleep(120)"), of=2)
    run.start(1, run.serves(1), [], of=2)
    run.until("up")
    run.started[told].send_signal(signal.SIGTERM)
    codes = run.codes()
    assert codes[0] == 143 and codes[1] in (0, 1, 143)
    assert run.cause(0) == "stopped by SIGTERM"


@pytest.mark.e2e
def test_a_crash_on_one_starts_all_anew(run):
    """The second node's trainer fails once; the first decides that all start again."""
    mark = run.folder / "failed"
    seen = f"import pathlib, sys, time; mark = pathlib.Path({str(mark)!r}); seen = mark.exists(); "
    fails_once = seen + "time.sleep(1.5); mark.touch(); sys.exit(0 if seen else 7)"
    run.start(0, python(seen + "time.sleep(1 if seen else 120)"), of=3, restarts=1)
    run.start(1, python(fails_once), of=3, restarts=1)
    run.start(2, run.serves(2), [], of=3, restarts=1)
    codes = run.codes()
    assert codes == {0: 0, 1: 0, 2: 0}, [one.stderr.read() for one in run.started.values()]
    assert run.cause(1).endswith("ended with code 7: no output")
    assert [run.cause(node, "-restart1") for node in range(3)] == ["finished"] * 3


def test_a_port_that_nobody_may_reach_ends_all_before_anything_starts(run, monkeypatch):
    """The weight sync's port is named on an address that the first node cannot reach."""
    serves = ["env", "WEIGHT_SYNC_ADDRESS=127.0.0.2:70", *run.serves(1)]
    with socket.socket() as taken:
        taken.bind(("127.0.0.2", 0))
        serves[1] = f"WEIGHT_SYNC_ADDRESS=127.0.0.2:{taken.getsockname()[1]}"
        run.start(0, run.touch("up"), of=2)
        run.start(1, serves, [], of=2)
        codes = run.codes()
    assert codes == {0: 2, 1: 2}
    assert "Address already in use" in run.cause(1) and "node 1 (127.0.0.2): cannot listen on" in run.cause(0)
    assert not (run.folder / "up").exists()


def test_one_that_never_comes(run):
    run.start(0, SLEEPS, of=3, patience=2)
    run.start(1, SLEEPS, of=3, patience=20)
    assert run.codes() == {0: 1, 1: 1}
    assert run.cause(0) == run.cause(1) == "node 2 (127.0.0.3) did not come within 2 s"


def test_another_runs_node_is_sent_away(run):
    run.start(0, run.touch("up", "time.sleep(1)"), of=2, key="one")
    other = run.start(1, SLEEPS, of=2, key="other")
    assert other.wait(20) == 2 and "is another run's" in run.cause(1)
    run.started.pop(1).communicate()
    with socket.create_connection(("127.0.0.1", run.port)) as stranger:
        stranger.sendall(b'{"kind": "hello"}\n[]\xff')  # closed on, and no more
        assert stranger.makefile("rb").readline().startswith(b'{"kind": "end"')
    with socket.create_connection(("127.0.0.1", run.port)) as stranger:
        hello = {
            "kind": "hello",
            "key": "one",
            "node": 1,
            "listens": [["x"]],
            "trains": True,
            "resume": [],
            "wrong": "",
        }
        stranger.sendall(json.dumps(hello).encode() + b"\n")
        assert stranger.makefile("rb").readline().startswith(b'{"kind": "end"')
    run.start(1, run.touch("up1", "time.sleep(1)"), of=2, key="one")
    assert run.codes() == {0: 0, 1: 0}


def test_nodes_must_go_on_from_one_checkpoint(run):
    run.start(0, [*SLEEPS, "--resume_from_checkpoint", "a"], of=2)
    run.start(1, [*SLEEPS, "--resume_from_checkpoint", "b"], of=2)
    assert run.codes() == {0: 2, 1: 2}
    assert "the same checkpoint" in run.cause(0) and "the same checkpoint" in run.cause(1)


def test_what_is_tried():
    """The first tries the servers; trainers try one another; a machine that only serves tries nobody."""
    sync, ranks = ["c", 3, nodes_module.SYNC], ["b", 1, nodes_module.RANKS]
    hellos = {0: {"trains": True, "listens": [["a", 1, nodes_module.RANKS]]}, 1: {"trains": True, "listens": [ranks]}}
    hellos[2] = {"trains": False, "listens": [sync]}
    assert list(ways(0, hellos)) == [tuple(ranks), tuple(sync)]
    assert list(ways(1, hellos)) == [("a", 1, nodes_module.RANKS)]
    assert list(ways(2, hellos)) == []


def test_a_way_that_is_closed():
    assert reach("127.0.0.1", "127.0.0.2", free_port()) == "refuses"
    place = Place(["127.0.0.1", "127.0.0.2"], 0, 1)
    port = free_port()
    assert try_all(place, [("127.0.0.2", port, "weight sync")]) == f"127.0.0.2:{port}, the weight sync, refuses"


def test_this_machines_addresses():
    assert address_of("lo") == "127.0.0.1" and interface_of("127.0.0.9") == "lo"
    assert interface_of("203.0.113.1") is None and interface_of("a name") is None
    assert this_node(["203.0.113.1", "127.0.0.2"]) == (1, "lo")


@pytest.mark.parametrize(
    ("addresses", "index", "said"),
    [
        (["203.0.113.1", "203.0.113.2"], None, "none of 203.0.113.1 203.0.113.2 is an address of"),
        (["127.0.0.1", "203.0.113.2"], 1, "203.0.113.2 is no address of"),
        (["127.0.0.1", "127.0.0.2"], None, "say which part it takes"),
        (["127.0.0.1", "127.0.0.1"], 0, "the same address"),
        (["node1", "127.0.0.1"], 0, "'node1' is not an IPv4 address"),
        (["127.0.0.1"], 3, "there is no machine 3 among 1"),
    ],
)
def test_addresses_that_cannot_be_right(addresses, index, said):
    with pytest.raises(ValueError, match=said):
        this_node(addresses, index)
    swift_grpo = str(Path(sys.executable).parent / "swift-grpo")
    done = subprocess.run(
        [swift_grpo, "this-node", *([] if index is None else ["--index", str(index)]), *addresses],
        capture_output=True,
        text=True,
        env=dict(os.environ),
    )
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1
