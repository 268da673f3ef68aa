"""Two helper processes that read a large log, which one core would limit.

A helper is `python -m swift_grpo.rollouts.reading.workers`. A job is one line of JSON on its stdin; a result on its
stdout is the length in 8 bytes and then the bytes. A pipe holds little, so a helper that is ahead waits. Python's own
process pools import the caller's main module again, which fails in a notebook or a script without a guard.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PARALLEL_FROM = 96 << 20  # bytes to read; below, starting helpers takes longer than it saves
_HELPERS = 2


def run_jobs(work: str, jobs: Iterable[list]) -> Iterator[bytes]:
    """Results of jobs in order. `work` is "module:function", which returns bytes; a job is its arguments.

    Raises RuntimeError if a helper ends.
    """
    jobs = list(jobs)
    helpers = [_start() for _ in range(_HELPERS)]
    try:
        for k, helper in enumerate(helpers):
            lines = (json.dumps([work, *job]) + "\n" for job in jobs[k :: len(helpers)])
            helper.jobs.write("".join(lines).encode())
            helper.jobs.close()
        for k in range(len(jobs)):
            yield _result(helpers[k % len(helpers)])
    finally:
        for helper in helpers:
            helper.process.kill()
            helper.process.wait()
            helper.results.close()


@dataclass(frozen=True)
class _Helper:
    """A process, and the pipes to it and from it."""

    process: subprocess.Popen
    jobs: IO[bytes]
    results: IO[bytes]


def _start() -> _Helper:
    package = str(Path(__file__).parents[3])
    path = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
    environ = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-m", "swift_grpo.rollouts.reading.workers"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ)
    assert process.stdin is not None and process.stdout is not None  # both are pipes
    return _Helper(process, process.stdin, process.stdout)


def _result(helper: _Helper) -> bytes:
    length = helper.results.read(8)
    data = helper.results.read(int.from_bytes(length, "little")) if len(length) == 8 else b""
    if len(length) < 8 or len(data) < int.from_bytes(length, "little"):
        raise RuntimeError("a helper process that reads the log ended; see its message above")
    return data


def main() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its helpers
    for line in sys.stdin.buffer:
        work, *job = json.loads(line)
        module, function = work.split(":")
        data = getattr(importlib.import_module(module), function)(*job)
        sys.stdout.buffer.write(len(data).to_bytes(8, "little") + data)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
