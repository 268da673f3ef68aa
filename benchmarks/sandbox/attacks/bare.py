"""No sandbox at all, with the sandbox's interface: a control that shows that the attacks work where nothing holds them.

A naive runner: the test runs in the program's own process, and its exit status is the verdict. Only for a place where nothing
can be lost: score.py starts it in new namespaces, without network, as nobody.
"""

import ast
import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from swift_grpo.sandbox import Case, Limits, Outcome, Program

NOBODY = 65534
RUNNER = """
import sys
space = {"__name__": "__main__" if sys.argv[1] == "stdin" else "program"}
with open(sys.argv[2], encoding="utf-8", errors="surrogateescape") as file:
    exec(compile(file.read(), "program.py", "exec"), space)
if sys.argv[1] == "call":
    found = space
    first, _, method = sys.argv[3].partition(".")
    found = getattr(space[first](), method) if method else space[first]
    value = found(*eval(sys.argv[4]))
    open(sys.argv[5], "w", errors="replace").write(repr(value))
elif sys.argv[1] == "assert":
    exec(sys.argv[3], space)
"""


class Bare:
    name = "bare"
    about = "no sandbox"

    def run(self, program: Program, limits: Limits = Limits()) -> list[Outcome]:  # noqa: B008
        return [self.case(program, case, limits) for case in program.cases]

    def case(self, program: Program, case: Case, limits: Limits) -> Outcome:
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/tmp"), prefix="bare-") as name:
            folder = Path(name)
            source = folder / "program.py"
            source.write_text(program.source, encoding="utf-8", errors="surrogateescape")
            for path, data in program.files.items():
                if path and "\0" not in path and not path.startswith(("/", "..")):
                    with contextlib.suppress(OSError):
                        (folder / path).parent.mkdir(parents=True, exist_ok=True)
                        (folder / path).write_bytes(data)
            value = folder / "value"
            words = {
                "stdin": [],
                "call": [case.function, repr(case.args), str(value)],
                "assert": [case.code],
            }[case.kind]
            python = sys.executable if os.getuid() not in (0, NOBODY) else "/usr/bin/python3"  # which nobody may start
            command = [python, "-c", RUNNER, case.kind, str(source), *words]
            begin = time.monotonic()
            reason = "ended"
            with (folder / "out").open("w+b") as out, (folder / "err").open("w+b") as err:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=out,
                    stderr=err,
                    cwd=folder,
                    close_fds=False,
                    preexec_fn=bounded,
                )
                with contextlib.suppress(OSError):
                    process.stdin.write(case.stdin.encode("utf-8", "surrogateescape"))
                    process.stdin.close()
                try:
                    status = process.wait(limits.seconds)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    status, reason = process.wait(), "time"
                out.seek(0)
                err.seek(0)
                output = out.read(limits.output_bytes).decode(errors="replace")
                errors = err.read(1 << 20).decode(errors="replace")[-2000:]
            if reason == "ended" and status:
                reason = "killed" if status < 0 else "failed" if case.kind == "assert" else "raised"
            plain = None
            if value.exists():
                with contextlib.suppress(Exception):
                    plain = ast.literal_eval(value.read_text()[:100_000])
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            return Outcome(
                reason=reason,
                exit=status if status >= 0 else None,
                output=output,
                errors=errors,
                value=plain,
                seconds=time.monotonic() - begin,
            )


def bounded() -> None:
    """Not a sandbox: what keeps the control from filling the machine."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_NPROC, (20_000, 20_000))
    os.setpgid(0, 0)
