"""Runs `swift` and `swift-grpo` in forks of one process that has imported torch, vLLM and ms-swift.

    python -m tests.e2e.imported SOCKET

Imports are most of what a short run costs: 15 s of CPU in each of its processes. site/sitecustomize.py sends a
program's words, environment, folder and streams here. A fork runs it as `__main__`, and where it starts Python in turn
(the launcher its guards, `swift` its trainer, torchrun its ranks) the new process is a fork too. So all processes have
their usual parents, words, signals, streams and exit codes, except the first: its parent is this process, and `behind`
finds it.

Not tested this way, and therefore by the tests marked `cold`:
- what an import reads from the environment. It is the same for all tests: OMP_NUM_THREADS, CUDA_VISIBLE_DEVICES, HOME
  and the caches, and the bridges of swift_grpo/cpu/site, which a launcher does not have. LOCAL_RANK is set later, so
  rank 1 logs as much as rank 0;
- an import that fails, or that only works because another module was imported before it;
- the end of an interpreter: destructors, and threads that outlive it.
"""

import atexit
import ctypes
import gc
import importlib
import json
import os
import re
import runpy
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psutil
import setproctitle

# with what these import, they are what the recipes' processes import
MODULES = """
typer rich.console rich.table yaml orjson torch.distributed.run swift.pipelines swift.rlhf_trainers.grpo_trainer
swift.pipelines.infer.rollout vllm.v1.engine.core vllm.v1.worker.cpu_worker deepspeed peft math_verify
"""
OURS = re.compile(
    r"/swift(-grpo)?$|/swift/cli/\w+\.py$|^swift_grpo\.launch\.guard$|^torch\.distributed\.run$|^tests\.e2e\."
)
PR_SET_PDEATHSIG = 1
HERE = Path(sys.executable).parent
SEEN: dict[str, str] = {}  # what imports have put into the environment
LEFT: list[object] = []  # streams of processes above
LIBRARIES: list[str] = []  # sys.path without what PYTHONPATH and the program add


@dataclass(frozen=True)
class Program:
    """A command line that a fork can run: a file, or with `-m` a module."""

    name: str
    is_module: bool
    words: list[str]  # sys.argv
    line: list[str]  # sys.orig_argv
    environ: dict[str, str]

    @classmethod
    def of(cls, words: Sequence[str], environ: dict[str, str]) -> "Program | None":
        """None if it is another one, such as the workers of grpo_rewards, whose memory has a limit."""
        rest = list(words)
        if rest[0] == "env":
            rest = rest[1:]
            while "=" in rest[0]:
                name, _, value = rest.pop(0).partition("=")
                environ = environ | {name: value}
        found = Path(shutil.which(rest[0], path=environ.get("PATH")) or "/")
        if found.parent.resolve() != HERE.resolve():
            return None
        if not found.name.startswith("python"):
            if not found.read_bytes().startswith(f"#!{HERE}/python".encode()):
                return None
            rest = [sys.executable, str(found), *rest[1:]]
        line, rest = rest, rest[1:]
        if rest[:1] == ["-u"]:
            environ, rest = environ | {"PYTHONUNBUFFERED": "1"}, rest[1:]
        is_module = rest[:1] == ["-m"]
        rest = rest[1:] if is_module else rest
        if not rest or not OURS.search(rest[0]):
            return None
        return cls(rest[0], is_module, rest, line, environ)

    def run(self) -> NoReturn:
        """Become it: what exec and the start of Python do, as far as a program can tell."""
        os.environ.clear()
        os.environ.update(SEEN | self.environ)
        setproctitle.setproctitle(" ".join(self.line))
        for number in signal.valid_signals():
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
        if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        weakref.finalize._registry.clear()  # temporary folders of the process above
        tempfile.tempdir = None
        for name in [name for name in sys.modules if name.partition(".")[0] == "swift_grpo"]:
            del sys.modules[name]
        first = str(Path.cwd()) if self.is_module else str(Path(self.name).parent)
        sys.path[:] = [first, *filter(None, os.environ.get("PYTHONPATH", "").split(":")), *LIBRARIES]
        importlib.invalidate_caches()
        sys.argv[:] = self.words
        sys.orig_argv[:] = self.line
        LEFT.append(sys.stdout)  # unflushed: the process above does that
        sys.stdin = sys.__stdin__ = open(0, closefd=False)  # noqa: SIM115
        sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stdout.reconfigure(line_buffering=os.isatty(1), write_through="PYTHONUNBUFFERED" in os.environ)
        end(self._main)

    def _main(self) -> None:
        if self.is_module:
            runpy.run_module(self.name, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(self.name, run_name="__main__")


def end(main) -> NoReturn:
    """Call it, and end this process as Python would."""
    code: object = 0
    try:
        main()
    except SystemExit as asked:
        code = asked.code
        if code is not None and not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        code = -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = 120
    if code == -signal.SIGINT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(int(code or 0) & 255)


def take_streams(given: Sequence[int], kept: set[int]) -> None:
    """`given` become 0, 1 and 2 (-1: stays), and all but these and `kept` are closed.

    Closed ones become /dev/null: an object of the process above may still close its number, which would be another file's.
    """
    import fcntl

    copies = [fd if fd < 0 else fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in given]
    for number, copy in enumerate(copies):
        if copy >= 0:
            os.dup2(copy, number)
            os.close(copy)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in [int(one.name) for one in Path("/proc/self/fd").iterdir()]:
        if fd > 2 and fd not in kept and fd != null:
            try:
                os.fstat(fd)
            except OSError:  # that of iterdir
                continue
            os.dup2(null, fd, inheritable=False)


_fork_exec = subprocess._fork_exec


def fork_exec(
    args, executables, close_fds, kept, cwd, environ, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite,
    errpipe_read, errpipe_write, restore_signals, start_new_session, process_group, gid, gids, uid, umask, preexec, *more
):  # fmt: skip
    """In place of `subprocess._fork_exec`: a fork runs what it can, exec the rest."""
    given = os.environ if environ is None else dict(os.fsdecode(one).split("=", 1) for one in environ)
    program = Program.of([os.fsdecode(word) for word in args], dict(given)) if close_fds else None
    if program is None:
        return _fork_exec(
            args, executables, close_fds, kept, cwd, environ, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite,
            errpipe_read, errpipe_write, restore_signals, start_new_session, process_group, gid, gids, uid, umask, preexec,
            *more,
        )  # fmt: skip
    pid = os.fork()
    if pid:
        return pid
    try:
        take_streams([p2cread, c2pwrite, errwrite], set(kept) - {errpipe_write})
        if cwd is not None:
            os.chdir(cwd)
        if start_new_session:
            os.setsid()
        if process_group >= 0:
            os.setpgid(0, process_group)
        if preexec is not None:
            preexec()
        program.run()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


class Server:
    """Forks for each request; passes on signals, kills what lost its requester, and answers with the status of waitpid."""

    def __init__(self, address: str) -> None:
        self.address = Path(address)
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listening.bind(address)
        self.listening.listen()
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listening, selectors.EVENT_READ, self.accept)
        self.selector.register(0, selectors.EVENT_READ, self.stop)  # our own requester has ended

    def serve(self) -> NoReturn:
        while True:
            for key, _ in self.selector.select():
                key.data()

    def accept(self) -> None:
        connection, _ = self.listening.accept()
        _, fds, _, _ = socket.recv_fds(connection, 1, 4)
        *streams, request = fds
        wanted = json.loads(os.pread(request, os.fstat(request).st_size, 0))
        program = Program.of(wanted["words"], wanted["environ"])
        pid = os.fork()
        if not pid:
            try:
                ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
                os.setsid()
                take_streams(streams, set())
                os.chdir(wanted["folder"])
                program.run()
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        found = self.address.with_name(f"{wanted['pid']}.pid")
        found.write_text(str(pid))
        for fd in fds:
            os.close(fd)
        process = os.pidfd_open(pid)
        self.selector.register(connection, selectors.EVENT_READ, lambda: self.hear(connection, pid))
        self.selector.register(process, selectors.EVENT_READ, lambda: self.ended(connection, pid, process, found))

    def hear(self, connection: socket.socket, pid: int) -> None:
        said = connection.recv(1)
        if not said:
            self.selector.unregister(connection)
        os.kill(pid, said[0] if said else signal.SIGKILL)

    def ended(self, connection: socket.socket, pid: int, process: int, found: Path) -> None:
        _, status = os.waitpid(pid, 0)
        found.unlink()
        self.selector.unregister(process)
        os.close(process)
        if connection in self.selector.get_map():
            self.selector.unregister(connection)
            connection.send(status.to_bytes(4, "big"))
        connection.close()

    def stop(self) -> NoReturn:
        os._exit(0)  # what still runs gets PR_SET_PDEATHSIG


def behind(process: psutil.Process) -> psutil.Process:
    """The process that runs the program of a process that site/sitecustomize.py keeps waiting; itself if that does not wait."""
    found = Path(os.environ.get("IMPORTED_SOCKET", "/none")).with_name(f"{process.pid}.pid")
    return psutil.Process(int(found.read_text())) if found.exists() else process


def main() -> None:
    # the first call looks for the place of the title, which a changed environment hides
    setproctitle.setproctitle(" ".join(sys.orig_argv))
    before = dict(os.environ)
    given = os.environ.get("PYTHONPATH", "").split(":")
    LIBRARIES.extend(path for path in sys.path[1:] if path not in given)
    for name in MODULES.split():
        importlib.import_module(name)
    SEEN.update((name, value) for name, value in os.environ.items() if before.get(name) != value)
    gc.freeze()
    subprocess._fork_exec = fork_exec
    server = Server(sys.argv[1])
    print("ready", flush=True)
    server.serve()


if __name__ == "__main__":
    main()
