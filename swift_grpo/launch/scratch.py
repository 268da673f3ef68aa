"""A run's own temporary folder, and its segments in /dev/shm: neither outlives it, however its processes ended.

vLLM leaves a socket in the temporary folder for each engine, torchrun a folder, and a killed process its shared memory.
"""

import contextlib
import getpass
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import psutil

PREFIX = "swift-grpo-run-"
SHM = Path("/dev/shm")
LONGEST_BASE = 60  # characters; a socket's path has at most 107 (unix(7)), of which vLLM's name takes 36


class Scratch:
    """Makes the folder; `environ` sends a process's temporary files there; `clear` removes all when no process is left."""

    def __init__(self) -> None:
        usual = tempfile.gettempdir()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=usual if len(usual) <= LONGEST_BASE else "/tmp"))
        self.segments: set[Path] = set()
        cache = f"{usual}/torchinductor_{re.sub(r'[^A-Za-z0-9_.-]', '_', _user())}"  # torch's own default: is to outlive a run
        self.environ = {"TORCHINDUCTOR_CACHE_DIR": cache} | dict(os.environ) | {"TMPDIR": str(self.folder)}

    def look(self, processes: Iterable[psutil.Process]) -> None:
        """Remember the segments that these processes map: a segment's name does not say whose it is."""
        for process in processes:
            self.segments |= mapped(process.pid)

    def clear(self) -> None:
        """Remove the folder, and of the segments those that no living process maps."""
        shutil.rmtree(self.folder, ignore_errors=True)
        others = set().union(*(mapped(pid) for pid in psutil.pids())) if self.segments else set()
        for segment in self.segments - others:
            with contextlib.suppress(OSError):
                segment.unlink()


def mapped(pid: int) -> set[Path]:
    """The files of /dev/shm that a process maps, but those that are removed already; none of a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/maps").read_text(errors="replace").splitlines()
    except OSError:
        return set()
    paths = {line.split(maxsplit=5)[5] for line in lines if f" {SHM}/" in line}
    return {Path(path) for path in paths if not path.endswith(" (deleted)")}


def clear_after_launcher() -> None:
    """For a guard whose launcher was killed: remove the folder that it works in, if that is a run's own."""
    folder = Path(os.environ.get("TMPDIR", ""))
    if folder.name.startswith(PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
