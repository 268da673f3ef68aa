"""Sandboxes on this machine: bubblewrap where namespaces are allowed, else Landlock. Both with seccomp and rlimits."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from swift_grpo.sandbox import filter, messages
from swift_grpo.sandbox.jobs import LIMITS, Limits, NoSandbox, Outage, Outcome, Program

_GRACE = 10.0  # seconds that the runner may take on its own, on a busy machine
_USERS, _FIRST_USER = 4096, 61184  # the users that systemd also takes for a moment (systemd.io/UIDS-GIDS)
_numbers = itertools.count(os.getpid() * 64)
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class Local:
    """Starts the runner in a process that is confined before it starts the program."""

    def __init__(self, name: str) -> None:
        """Raises NoSandbox where `name`, bubblewrap or landlock, cannot be had."""
        self.name = name
        self.workers = len(os.sched_getaffinity(0))
        self.python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
        self.packages = list(dict.fromkeys(sysconfig.get_path(one) for one in ("purelib", "platlib")))
        self.readable = [self.python, *self.packages, *_libraries()]
        self.filter = filter.program().hex()
        self.bwrap = shutil.which("bwrap") if name == "bubblewrap" else ""
        if self.bwrap is None:
            raise NoSandbox("bwrap is not installed (Debian, Ubuntu: apt install bubblewrap)")

    @property
    def about(self) -> str:
        user = "as an unprivileged user" if os.getuid() == 0 else "as this user"
        return f"{self.name} with a seccomp filter and rlimits, {user}"

    def run(self, program: Program, limits: Limits = LIMITS) -> list[Outcome]:
        """One outcome for each case. Raises Outage where the sandbox itself failed, ValueError for a wrong program."""
        with _folder(program.files) as folder:
            uid = _FIRST_USER + next(_numbers) % _USERS
            setup = {
                "readable": [*self.readable, *([folder] if program.files else [])],
                "landlock": not self.bwrap,
                "uid": uid,
                "own_user": os.getuid() == 0 or bool(self.bwrap),  # else the limit on threads would count the trainer's
                "folder": folder,
                "packages": self.packages,
                "filter": self.filter,
                "machine": os.uname().machine,
                "answers": "",
            }
            sent = messages.bytecode() + messages.messages(setup, program, limits)
            answered, errors = self._process(sent, [folder] if program.files else [], limits.total_seconds + _GRACE)
        return messages.outcomes(program, answered, errors)

    def _process(self, sent: bytes, folders: Sequence[str], seconds: float) -> tuple[bytes, str]:
        command = [self.python, "-S", "-s", "-P", "-X", "utf8", "-c", messages.LOCAL]
        process = subprocess.Popen(
            [*(self._bubblewrap(folders) if self.bwrap else []), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env=_ENVIRONMENT,
            start_new_session=True,
        )
        try:
            answered, errors = process.communicate(sent, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Outage(f"it did not end within {seconds:g} s") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        return answered, errors.decode("utf-8", "replace")

    def _bubblewrap(self, folders: Sequence[str]) -> list[str]:
        """A file system of its own without a writable place; no network, other processes or shared memory."""
        assert self.bwrap
        binds = [word for path in (*self.readable, *folders) for word in ("--ro-bind", path, path)]
        devices = [word for path in ("/dev/null", "/dev/urandom") for word in ("--dev-bind", path, path)]
        # Root keeps its user namespace, so that the runner can become another user; others need one of their own.
        root = "--unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup-try".split()
        root += "--cap-add CAP_SETUID --cap-add CAP_SETGID".split()
        alone = root if os.getuid() == 0 else ["--unshare-all"]
        return [self.bwrap, *alone, "--die-with-parent", *binds, *devices, "--remount-ro", "/", "--chdir", "/", "--"]


def _libraries() -> list[str]:
    """Where Python's own modules are, and the shared libraries that they and packages need."""
    ours = [] if sys.base_prefix == "/usr" else [f"{sys.base_prefix}/lib"]
    kind = sysconfig.get_config_var("MULTIARCH")  # Debian's: x86_64-linux-gnu; elsewhere lib64 has them
    system = [f"/lib/{kind}", f"/usr/lib/{kind}"] if kind else []
    places = [
        sysconfig.get_path("stdlib"),
        *ours,
        *system,
        "/lib64",
        "/usr/lib64",
        "/etc/ld.so.cache",
        "/usr/share/zoneinfo",
    ]
    return [path for path in dict.fromkeys(places) if Path(path).exists()]


@contextlib.contextmanager
def _folder(files: Mapping[str, bytes]) -> Iterator[str]:
    """A folder with the files, for any user to read; without files the root folder."""
    if not files:
        yield "/"
        return
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        Path(folder).chmod(0o755)
        for name, content in files.items():
            if not name or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\0" in name:
                raise ValueError(f"a file named {name!r}; give a name within the working folder")
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        yield folder
