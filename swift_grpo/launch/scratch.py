"""A run's own temporary folder, and its segments in /dev/shm. Neither outlives the run, however its processes end.

In the temporary folder vLLM leaves a socket for each engine and torchrun a folder, and a killed process leaves its
shared memory. The launcher and its guards hold a lock in the folder; the same user's next start removes unlocked ones.
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
    """Creates the folder, or uses `folder`. `environ` sends a process's temporary files there; `clear` removes
    everything when no process is left."""

    def __init__(self, folder: Path | None = None) -> None:
        usual = tempfile.gettempdir()
        if folder:
            self.folder, self.lock = folder, _locked(folder / LOCK)
        else:
            base = usual if len(usual) <= LONGEST_BASE else "/tmp"
            clear_left(Path(base))
            self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
            self.lock = _locked(self.folder / "new")
            (self.folder / "new").rename(self.folder / LOCK)  # so the lock file is never visible unlocked
        self.begun = os.fstat(self.lock).st_mtime
        self.segments: set[Path] = set()
        cache = f"{usual}/torchinductor_{re.sub(r'[^A-Za-z0-9_.-]', '_', _user())}"  # torch's default; outlives a run
        self.environ = {"TORCHINDUCTOR_CACHE_DIR": cache} | dict(os.environ) | {"TMPDIR": str(self.folder)}

    def look(self, processes: Iterable[psutil.Process]) -> None:
        """Record the segments that these processes map, since a segment's name does not show its owner."""
        found = {path for process in processes for path in mapped(process.pid) if self._is_ours(path)}
        if found - self.segments:
            self.segments |= found | _noted(self.folder)
            with contextlib.suppress(OSError):  # a full disk, or the other guard has cleared
                (self.folder / SEGMENTS).write_text("\n".join(map(str, self.segments)), encoding="utf-8")

    def _is_ours(self, path: Path) -> bool:
        """Whether it was made in /dev/shm since the run began, unlike a model that is stored there."""
        try:
            status = path.stat()
        except OSError:
            return False
        return path.parent == SHM and status.st_uid == os.getuid() and status.st_ctime >= self.begun

    def clear(self) -> None:
        """Remove the folder, and the segments that no living process uses."""
        _remove(self.folder, self.segments)
        os.close(self.lock)


def of_guard() -> Scratch | None:
    """For a guard: its launcher's Scratch, None if there is none or it has been cleared."""
    folder = Path(os.environ.get("TMPDIR", ""))
    try:
        return Scratch(folder) if folder.name.startswith(PREFIX) else None
    except OSError:
        return None


def clear_left(base: Path) -> None:
    """Remove the folders of this user's runs without a living process, whose launcher and guards were killed."""
    for folder in base.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (folder / LOCK).open() as lock:
            if folder.lstat().st_uid == os.getuid() and not folder.is_symlink():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not any(_works_in(process, folder) for process in psutil.process_iter()):
                    _remove(folder, _noted(folder))


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with contextlib.suppress(OSError):  # some network file systems have no locks; nothing is cleared there
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
    """The files of /dev/shm that a process maps and that still exist; empty if the process is gone."""
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
