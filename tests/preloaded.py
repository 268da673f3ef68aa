"""Programs in children of one process that has imported what takes long: ms-swift 15 s, vLLM 8 s.

Each program gets a child of its own, forked after the imports, so what one changes is not seen by the next.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from tests.conftest import ROOT

SECONDS = 300  # for one program


class Preloaded:
    """A process that has run `imports`; `environ` is added to this process's environment."""

    def __init__(self, imports: str, **environ: str):
        command = [sys.executable, "-c", "import sys, tests.preloaded; tests.preloaded.serve(sys.argv[1])", imports]
        path = os.pathsep.join(filter(None, (environ.get("PYTHONPATH"), str(ROOT), os.environ.get("PYTHONPATH"))))
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | environ | {"PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str, *argv: str, cwd: Path = ROOT, input: str = "") -> subprocess.CompletedProcess:
        """As `python -c code argv…` in `cwd`."""
        with tempfile.TemporaryDirectory(prefix="preloaded-") as folder:
            streams = [str(Path(folder, name)) for name in ("in", "out", "err")]
            Path(streams[0]).write_text(input)
            asked = {"code": code, "argv": argv, "cwd": str(cwd), "streams": streams}
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
            assert answer, f"the process that imports ended with {self.process.wait()}; its stderr says why"
            out, err = (Path(path).read_text() for path in streams[1:])
            return subprocess.CompletedProcess(["-c", *argv], os.waitstatus_to_exitcode(int(answer)), out, err)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)


def serve(imports: str) -> None:
    """Runs what stdin asks for, until it is closed, and writes the wait status of each child."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # imports print
    exec(imports, {})
    for line in sys.stdin:
        if not (child := os.fork()):
            os._exit(_program(**json.loads(line)))
        print(os.waitpid(child, 0)[1], file=answers, flush=True)


def _program(code: str, argv: list[str], cwd: str, streams: list[str]) -> int:
    signal.alarm(SECONDS)
    for number, path in enumerate(streams):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  (the former one has read ahead)
    os.chdir(cwd)
    sys.argv = ["-c", *argv]
    try:
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
        end = 0
    except SystemExit as asked:
        end = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
    except BaseException:
        traceback.print_exc()
        end = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return end
