"""A run's own temporary folder, and its segments in /dev/shm: neither outlives it, however its processes ended.

vLLM leaves a socket in the temporary folder for each engine, torchrun a folder, and a killed process its shared memory. The
launcher and its guards hold a lock in the folder. One that nobody holds is cleared by the next start of the same user.
"""

import contextlib
import fcntl
import getpass
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import psutil

PREFIX, LOCK, SEGMENTS = "swift-grpo-run-", "lock", "segments"
SHM = Path("/dev/shm")
LONGEST_BASE = 107 - len(f"/{PREFIX}01234567/") - 36  # characters of a socket's path (unix(7)), less vLLM's name for it


class Scratch:
    """Makes the folder, or takes `folder`; `environ` sends a process's temporary files there; `clear` removes all when no
    process is left."""

    def __init__(self, folder: Path | None = None) -> None:
        usual = tempfile.gettempdir()
        if folder:
            self.folder, self.lock = folder, _locked(folder / LOCK)
        else:
            base = usual if len(usual) <= LONGEST_BASE else "/tmp"
            clear_left(Path(base))
            self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
            self.lock = _locked(self.folder / "new")
            (self.folder / "new").rename(self.folder / LOCK)  # nobody sees one that is not held
        self.begun = os.fstat(self.lock).st_mtime
        self.segments: set[Path] = set()
        cache = f"{usual}/torchinductor_{re.sub(r'[^A-Za-z0-9_.-]', '_', _user())}"  # torch's own default: is to outlive a run
        self.environ = {"TORCHINDUCTOR_CACHE_DIR": cache} | dict(os.environ) | {"TMPDIR": str(self.folder)}

    def look(self, processes: Iterable[psutil.Process]) -> None:
        """Remember the segments that these processes made: a segment's name does not say whose it is."""
        found = {path for process in processes for path in mapped(process.pid) if self._is_ours(path)}
        if found - self.segments:
            self.segments |= found | _noted(self.folder)
            with contextlib.suppress(OSError):  # a full disk, or the other guard has cleared
                (self.folder / SEGMENTS).write_text("\n".join(map(str, self.segments)), encoding="utf-8")

    def _is_ours(self, path: Path) -> bool:
        """Made since the run began, and directly in /dev/shm. A model or a data set that is kept there is not."""
        try:
            status = path.stat()
        except OSError:
            return False
        return path.parent == SHM and status.st_uid == os.getuid() and status.st_ctime >= self.begun

    def clear(self) -> None:
        """Remove the folder, and of the segments those that no living process holds."""
        _remove(self.folder, self.segments)
        os.close(self.lock)


def of_guard() -> Scratch | None:
    """For a guard: what its launcher made for the run, None where it made nothing or was killed and all is cleared."""
    folder = Path(os.environ.get("TMPDIR", ""))
    try:
        return Scratch(folder) if folder.name.startswith(PREFIX) else None
    except OSError:
        return None


def clear_left(base: Path) -> None:
    """Clear after the runs of this user whose launcher and guards were all killed, and of which no process is left."""
    for folder in base.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (folder / LOCK).open() as lock:
            if folder.lstat().st_uid == os.getuid() and not folder.is_symlink():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not any(_works_in(process, folder) for process in psutil.process_iter()):
                    _remove(folder, _noted(folder))


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with contextlib.suppress(OSError):  # not every network's disk has locks; nothing is cleared there
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.environ().get("TMPDIR") == str(folder)
    except (psutil.Error, OSError):
        return False


def _noted(folder: Path) -> set[Path]:
    try:
        noted = {Path(line) for line in (folder / SEGMENTS).read_text(encoding="utf-8").splitlines()}
        return {path for path in noted if path.parent == SHM}
    except (OSError, ValueError):
        return set()


def _remove(folder: Path, segments: set[Path]) -> None:
    segments = segments | _noted(folder)
    others = set().union(*(mapped(pid) | _open(pid) for pid in psutil.pids())) if segments else set()
    for segment in segments - others:
        with contextlib.suppress(OSError):
            segment.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def mapped(pid: int) -> set[Path]:
    """The files of /dev/shm that a process maps, but those that are removed already; none of a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/maps").read_text(errors="replace").splitlines()
    except OSError:
        return set()
    paths = {line.split(maxsplit=5)[5] for line in lines if f" {SHM}/" in line}
    return {Path(path) for path in paths if not path.endswith(" (deleted)")}


def _open(pid: int) -> set[Path]:
    try:
        return {Path(file.path) for file in psutil.Process(pid).open_files()}
    except (psutil.Error, OSError):
        return set()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
