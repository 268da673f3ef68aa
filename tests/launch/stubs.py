"""Stub commands that stand for ms-swift's: real processes in the shape of its trees, and launchers that run them."""

import http.server
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from swift_grpo.launch.ports import free_ports

# answers 200 on every path, or what the file `status` beside it says; with an engine and a worker below it
SERVER = """
import http.server, pathlib, socket, subprocess, sys
TREE = [[sys.executable, '-c', 'import time; time.sleep(300) # {mark} ' + name] for name in ('spawn_main', 'VLLM::EngineCore')]
CHILDREN = [subprocess.Popen(words) for words in TREE]
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = pathlib.Path(sys.argv[1])
        self.send_response(int(status.read_text()) if status.exists() else 200)
        self.end_headers()
    def log_message(self, *words): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[-1])), Answer).serve_forever()
"""


# the launcher, less patient than it is: these processes take no time to speak of
LAUNCH = """
import json, sys
from pathlib import Path
from swift_grpo.launch import alerts, process, run
from swift_grpo.launch.run import launch
run.LOOK_EVERY_SECONDS, process.STOPPED_SECONDS, alerts.SECONDS = 0.1, 1, 8
"""


def free_port() -> int:
    return free_ports(1)[0]


def server(folder: Path, mark: str) -> list[str]:
    """The stub server; `folder`/status, once there, is the HTTP status it answers."""
    words = [sys.executable, "-c", SERVER.replace("{mark}", mark), str(folder / "status")]
    return [*words, "--host", "127.0.0.1", "--port", str(free_port())]


def python(code: str, *words: str) -> list[str]:
    return [sys.executable, "-c", code, *words]


def launch(folder: Path, *commands: list[str], patience: str = "", **how: Any) -> subprocess.Popen:
    """The launcher in a process of its own, its folder below `folder`; `patience` sets more of its constants."""
    code = (
        f"{LAUNCH}{patience}\n"
        + "sys.exit(launch(json.loads(sys.argv[2]), Path(sys.argv[1]), **json.loads(sys.argv[3])))"
    )
    words = [sys.executable, "-c", code, str(folder / "run"), json.dumps(commands), json.dumps(how)]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def record(folder: Path, name: str = "run") -> dict:
    return json.loads((folder / name / "run.json").read_text())


class Hook(http.server.ThreadingHTTPServer):
    """A webhook: what was posted to it, with the time; `answer` is the status that it gives."""

    def __init__(self, answer: int = 200) -> None:
        got = self.got = []  # of (seconds since 1970, path, JSON)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append((time.time(), self.path, json.loads(body)))
                self.send_response(answer)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *words):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook/SECRET-TOKEN"

    def alerts(self) -> list[dict]:
        return [alert for _, _, alert in self.got]
