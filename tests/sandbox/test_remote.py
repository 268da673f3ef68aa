"""A server with SandboxFusion's interface. A stub in place of the real one, which needs Docker; it does run the code."""

import base64
import json
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from swift_grpo.sandbox import Case, Limits, Outage, Program, choose, remote, run_all

pytestmark = pytest.mark.slow


def run_code(asked: dict) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {**asked["files"], "main.py": base64.b64encode(asked["code"].encode()).decode()}.items():
            Path(folder, name).write_bytes(base64.b64decode(content))
        done = subprocess.run(
            [sys.executable, "main.py"], input=asked["stdin"], text=True, capture_output=True, cwd=folder, check=False
        )
        files = {name: base64.b64encode(Path(folder, name).read_bytes()).decode() for name in asked["fetch_files"]}
        return {"status": "Success", "message": "", "run_result": {"stderr": done.stderr}, "files": files}


@pytest.fixture
def server(monkeypatch):
    """`answers`: what the next requests get, (status, body); then the code is run."""
    monkeypatch.setattr(remote.time, "sleep", lambda seconds: None)
    answers: list[tuple[int, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, body = answers.pop(0) if answers else (200, json.dumps(run_code(asked)).encode())
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.answers = answers
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield http
        http.shutdown()


def at(server):
    return choose(f"http://127.0.0.1:{server.server_address[1]}")


def test_the_same_runner_runs_there(server):
    source = "def add(a, b):\n    return a + b\nif __name__ == '__main__':\n    print(input(), open('in.txt').read())"
    cases = [
        Case("stdin", stdin="3"),
        Case("call", function="add", args=(1, 2)),
        Case("assert", code="assert add(1, 2) == 3"),
        Case("assert", code="assert add(1, 2) == 4"),
    ]
    outcomes = at(server).run(Program(source, cases, {"in.txt": b"x"}))
    assert [one.reason for one in outcomes] == ["ended", "ended", "ended", "failed"]
    assert (outcomes[0].output, outcomes[1].value) == ("3 x\n", 3)


def test_a_program_starts_no_process_there_either(server):
    (outcome,) = at(server).run(Program("import os\nos.fork()", [Case("stdin")]), Limits())
    assert "PermissionError" in outcome.errors


def test_a_server_in_trouble_is_asked_again(server):
    server.answers += [(503, b""), (200, b"not JSON"), (200, b'{"run_result": null, "message": "full", "files": {}}')]
    assert at(server).run(Program("print(1)", [Case("stdin")]))[0].output == "1\n"


def test_an_outage_is_none(server):
    sandbox = at(server)
    server.answers += [(500, b"")] * 8
    with pytest.raises(Outage, match="status 500"):
        sandbox.run(Program("print(1)", [Case("stdin")]))
    assert run_all(sandbox, [Program("print(1)", [Case("stdin")])]) == [None]


def test_a_wrong_url_is_a_mistake():
    with pytest.raises(ValueError, match="the server's, such as http"):
        choose("localhost:8080")
