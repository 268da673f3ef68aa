"""The runner: reads a program and its cases from stdin, starts a process for each case, writes each outcome to stdout.

A message to it is a line with a length and that many bytes of JSON. What comes later is read later, so a process never
holds a test that it is tested with. The runner holds no expected output.
"""

import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import os
import selectors
import signal
import site
import sys
import time
import types
from collections.abc import Callable

from swift_grpo.sandbox.inside import lock, served, tester

_TAIL = 2000  # characters of stderr
# Imported before the processes of the cases begin, which each saves up to 30 ms: of Python alone, and without effects
_COMMON = "bisect collections copy datetime functools heapq itertools math operator random re string typing".split()
_REPLY = 1 << 20  # bytes of the value that a called function returned


def main() -> None:
    setup, program = _receive(), _receive()
    assert setup is not None and program is not None  # the parent sends both
    name = setup["answers"]  # of a file that a server returns; without one the answers go to stdout
    sink = os.memfd_create("answers") if name else 1
    refused = _enter(setup)
    _write_line(sink, {"refused": refused})
    if not refused:
        _run(setup, program["source"], sink)  # not within a `try`, which a program's exception would end in
    if name:
        os.sendfile(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), sink, 0, os.fstat(sink).st_size)


def _enter(setup: dict) -> str:
    """Why the sandbox cannot be entered; empty where it is."""
    try:
        lock.confine(setup)
        os.chdir(setup["folder"])
    except (lock.Refused, OSError) as error:
        return str(error)
    return ""


def _run(setup: dict, source: str, sink: int) -> None:
    sys.path.extend(setup["packages"])
    sys.argv = ["program.py"]
    site.setquit()  # `exit` and `quit`, which many programs call; python -S leaves them out
    for name in _COMMON:
        if name in source:
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a process of a case need not go through the runner's objects
    until = time.monotonic() + setup["total_seconds"]
    while (case := _receive()) is not None:
        started = time.monotonic()
        runs = Runs(setup, min(until, started + setup["seconds"]))
        outcome = _KINDS[case["kind"]](runs, source, case) if started < until else _skip(case)
        _write_line(sink, {**outcome, "seconds": round(time.monotonic() - started, 4)})


def _skip(case: dict) -> dict:
    if case["kind"] == "assert":
        _receive()
    return {"reason": "not run"}


def _stdin(runs: "Runs", source: str, case: dict) -> dict:
    return runs.watch(runs.start(lambda: _as_main(source), {0: _holding(case["stdin"])}))


def _call(runs: "Runs", source: str, case: dict) -> dict:
    owner, _, name = case["function"].rpartition(".")
    asked = _holding(json.dumps(["function", owner, name, case["args"], {"dict": []}]) + "\n")
    replies, theirs = os.pipe()
    program = runs.start(lambda: served.serve(source, 3, 4), {0: _holding(""), 3: asked, 4: theirs}, {replies: _REPLY})
    outcome = runs.watch(program)
    return {**outcome, "reply": program.pipes[replies].read.decode("ascii", "replace")}


def _assert(runs: "Runs", source: str, case: dict) -> dict:
    requests, asked = os.pipe()
    answered, replies = os.pipe()
    program = runs.start(lambda: served.serve(source, 3, 4), {0: _holding(""), 3: requests, 4: replies})
    tests = _receive()  # after the program's process has begun, which therefore does not hold them
    assert tests is not None
    judge = runs.start(
        lambda: tester.test(tests["code"], case["function"], 3, 4), {0: _holding(""), 3: asked, 4: answered}
    )
    outcome = runs.watch(judge, program)
    if outcome["reason"] != "ended" or outcome["exit"] == 0:
        return outcome
    theirs = program.errors() if outcome["errors"].startswith(tester.ENDED) else ""
    return {**outcome, "reason": "failed", "errors": outcome["errors"] + theirs}


_KINDS: dict[str, Callable[["Runs", str, dict], dict]] = {"stdin": _stdin, "call": _call, "assert": _assert}


class Pipe:
    """What a process writes, up to `most` bytes."""

    def __init__(self, most: int) -> None:
        self.most, self.read = most, bytearray()


class Process:
    """A case's process. `pipes` are those that the runner reads; stdout and stderr are the first two."""

    def __init__(self, pid: int, pipes: dict[int, Pipe]) -> None:
        self.pid, self.pipes = pid, pipes
        self.handle = os.pidfd_open(pid)  # readable when it has ended

    def end(self) -> int:
        """Kill it if it still runs; its wait status."""
        signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        status = os.waitpid(self.pid, 0)[1]
        for fd, pipe in self.pipes.items():
            while _read(fd, pipe):
                pass  # what was left in the pipe, which has no other writer
            os.close(fd)
        os.close(self.handle)
        return status

    def errors(self) -> str:
        """The end of its stderr."""
        return bytes(list(self.pipes.values())[1].read[-_TAIL:]).decode("utf-8", "replace")


class Runs:
    """The processes of one case, which end by `until` (monotonic)."""

    def __init__(self, setup: dict, until: float) -> None:
        self.setup, self.until = setup, until

    def start(self, target: Callable[[], None], fds: dict[int, int], read: dict[int, int] | None = None) -> Process:
        """A process with these file descriptors and no others; the runner closes its own. `read`: further pipes that
        the runner reads, and their limits."""
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        fds = {**fds, 1: out_end, 2: err_end}
        runner = os.getpid()
        pid = os.fork()
        if not pid:
            _take(fds)
            sys.stdin = open(0, closefd=False)  # noqa: SIM115  the program reads it until the process ends
            lock.limit(self.setup, runner)
            os._exit(_status(target))
        for fd in fds.values():
            os.close(fd)
        most = self.setup["output_bytes"]
        pipes = {out: Pipe(most), err: Pipe(most), **{fd: Pipe(most) for fd, most in (read or {}).items()}}
        return Process(pid, pipes)

    def watch(self, main: Process, *others: Process) -> dict:
        """Wait for the end of `main`, or for a limit; end all."""
        with selectors.DefaultSelector() as selector:
            selector.register(main.handle, selectors.EVENT_READ)
            for process in (main, *others):
                for fd, pipe in process.pipes.items():
                    selector.register(fd, selectors.EVENT_READ, pipe)
            over, running = "", True
            while running and not over:
                events = selector.select(max(0.0, self.until - time.monotonic()))
                over = "" if events else "time"
                for key, _ in events:
                    if key.data is None:
                        running = False
                    elif not _read(key.fd, key.data):
                        selector.unregister(key.fd)
                    elif len(key.data.read) > key.data.most:
                        over = "output"
        for process in others:
            process.end()
        status, output = main.end(), next(iter(main.pipes.values()))
        return _outcome(status, over, bytes(output.read[: output.most]), main.errors())


def _outcome(status: int, over: str, output: bytes, tail: str) -> dict:
    by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if not over and by == 0 and os.WEXITSTATUS(status) and "MemoryError" in tail.rstrip().rpartition("\n")[2][:40]:
        over = "memory"
    reason = over or ("time" if by == signal.SIGXCPU else "killed" if by else "ended")
    exit_status = None if by else os.WEXITSTATUS(status)
    return {"reason": reason, "exit": exit_status, "output": output.decode("utf-8", "replace"), "errors": tail}


def _status(target: Callable[[], None]) -> int:
    """The exit status of a process, after what ends an interpreter in sight of a program, and no more of it: to free
    the memory that it shares with the runner takes 14 ms."""
    status = 0
    for step in (target, _join_threads, atexit._run_exitfuncs, _flush):
        try:
            step()
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else int(error.code is not None)
            if error.code is not None and not isinstance(error.code, int):
                os.write(2, f"{error.code}\n".encode(errors="replace"))
        except BaseException as error:
            trace = error.__traceback__
            while trace and trace.tb_next and trace.tb_frame.f_code.co_filename.startswith("sandbox/"):
                trace = trace.tb_next
            with contextlib.suppress(BaseException):
                sys.excepthook(type(error), error.with_traceback(trace), trace)
            status = 1
    return status & 0xFF


def _join_threads() -> None:
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()


def _flush() -> None:
    for stream in (sys.stdout, sys.__stdout__, sys.stderr):
        if stream is not None:
            stream.flush()


def _as_main(source: str) -> None:
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    exec(compile(source, "program.py", "exec"), module.__dict__)


def _holding(text: str) -> int:
    """A file that nobody can change, in no folder."""
    fd = os.memfd_create("input", os.MFD_ALLOW_SEALING)
    _write(fd, text.encode("utf-8", "surrogatepass"))
    os.lseek(fd, 0, os.SEEK_SET)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return fd


def _take(fds: dict[int, int]) -> None:
    """In a new process: these file descriptors under their numbers, and no others."""
    high = {number: fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for number, fd in fds.items()}
    for number, fd in high.items():
        os.dup2(fd, number)
    os.closerange(max(fds) + 1, 1024)


def _read(fd: int, pipe: Pipe) -> bool:
    """Read some of a pipe; False at its end."""
    data = os.read(fd, 65_536)
    pipe.read += data
    return bool(data)


def _receive() -> dict | None:
    """The next message, without a byte of those after it; None at the end."""
    length = b""
    while (byte := os.read(0, 1)) not in (b"\n", b""):
        length += byte
    if not length:
        return None
    parts, left = [], int(length)
    while left:
        parts.append(os.read(0, left))
        left -= len(parts[-1])
    return json.loads(b"".join(parts))


def _write_line(fd: int, message: dict) -> None:
    _write(fd, json.dumps(message).encode() + b"\n")


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
