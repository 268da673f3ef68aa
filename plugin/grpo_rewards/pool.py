r"""Worker processes for math-verify that can be killed; one small pool a process, started when the first hard pair comes.

Uses no signals and no threads of its own, so it works in any thread. A fork does not inherit the pool: the child starts its own.
"""

import atexit
import contextlib
import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path

logger = logging.getLogger(__name__)

ITEM_SECONDS = 10.0  # of wall time, should the worker's own limit of CPU time (worker.CPU_SECONDS) not end it
BATCH_SECONDS = 30.0
_START_SECONDS = 60.0
_PLUGIN = Path(__file__).resolve().parent.parent

Pair = tuple[str, str]  # answer, gold


class Worker:
    """One `grpo_rewards.worker`; `item` is the index of the pair that it is at."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, (str(_PLUGIN), os.environ.get("PYTHONPATH"))))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grpo_rewards.worker", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        )
        self.ready = False
        self.item: int | None = None
        self.until = time.monotonic() + _START_SECONDS

    def send(self, item: int, pair: Pair) -> None:
        self.item, self.until = item, time.monotonic() + ITEM_SECONDS
        self.process.stdin.write(json.dumps(pair).encode() + b"\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()


class Pool:
    """At most `size` workers, shared by all rewards of a process."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.workers: list[Worker] = []
        self.lock = threading.Lock()
        self.timeouts: Counter[str] = Counter()  # of each text, so that what hung once is not tried with the next gold

    def decide(self, pairs: Sequence[Pair]) -> list[bool | None]:
        """math-verify's verdict on each pair: True, False, or None where it cannot read the gold or was not reached in time.

        A pair over its time, or one that twice ends its worker, is False: an answer nobody can evaluate is not a right one.
        """
        with self.lock:
            return self._decide(pairs)

    def _decide(self, pairs: Sequence[Pair]) -> list[bool | None]:
        verdicts: list[bool | None] = [None] * len(pairs)
        todo = deque(range(len(pairs)))
        self._stop_if(lambda worker: worker.item is not None or worker.process.poll() is not None)
        end = time.monotonic() + BATCH_SECONDS + (0 if self.workers else _START_SECONDS)
        started = 0
        blamed: set[int] = set()
        while True:
            while todo and self._hopeless(*pairs[todo[0]]):
                verdicts[todo.popleft()] = False
            if not todo and all(worker.item is None for worker in self.workers):
                break
            if time.monotonic() > end or started > len(pairs) + 2 * self.size:
                logger.warning("math-verify: %d of %d pairs not judged in time", len(todo), len(pairs))
                break
            while len(self.workers) < min(self.size, len(todo)):
                self.workers.append(Worker())
                started += 1
            for worker in self.workers:
                if worker.ready and worker.item is None and todo:
                    self._send(worker, todo, pairs)
            for item, too_long in self._receive(verdicts):
                if too_long:
                    self.timeouts.update(pairs[item])
                if too_long or item in blamed:
                    verdicts[item] = False
                else:  # somebody else may have killed the worker: one more try
                    blamed.add(item)
                    todo.append(item)
            for item in self._expire():
                self.timeouts.update(pairs[item])
                verdicts[item] = False
        self._stop_if(lambda worker: worker.item is not None)
        return verdicts

    @staticmethod
    def _send(worker: Worker, todo: deque, pairs: Sequence[Pair]) -> None:
        item = todo.popleft()
        try:
            worker.send(item, pairs[item])
        except OSError:  # it was killed while idle, which is not the pair's fault
            todo.appendleft(item)
            worker.item, worker.until = None, 0

    def _hopeless(self, answer: str, gold: str) -> bool:
        return self.timeouts[answer] > 0 or self.timeouts[gold] > 1

    def _receive(self, verdicts: list[bool | None]) -> list[tuple[int, bool]]:
        """Wait until a worker has something to say, or its time is up.

        Returns the items whose worker has died, and whether it died of its limit of CPU time.
        """
        orphaned = []
        with selectors.DefaultSelector() as selector:
            for worker in self.workers:
                selector.register(worker.process.stdout, selectors.EVENT_READ, worker)
            busy = [worker.until for worker in self.workers if worker.item is not None or not worker.ready]
            for key, _ in selector.select(max(0.0, min(busy, default=0.0) - time.monotonic())):
                worker: Worker = key.data
                line = worker.process.stdout.readline()
                if not line:
                    if worker.item is not None:
                        orphaned.append((worker.item, worker.process.wait() == -signal.SIGPROF))
                    worker.item, worker.until = None, 0
                elif not worker.ready:
                    worker.ready, worker.until = True, float("inf")
                else:
                    verdicts[worker.item] = json.loads(line)
                    worker.item, worker.until = None, float("inf")
        return orphaned

    def _expire(self) -> list[int]:
        """Stop the workers whose time is up; return their items."""
        now = time.monotonic()
        items = [worker.item for worker in self.workers if worker.until <= now and worker.item is not None]
        self._stop_if(lambda worker: worker.until <= now)
        return items

    def _stop_if(self, condition) -> None:
        for worker in [w for w in self.workers if condition(w)]:
            worker.kill()
            self.workers.remove(worker)

    def close(self) -> None:
        self._stop_if(lambda worker: True)


_pool: Pool | None = None


def decide(pairs: Sequence[Pair]) -> list[bool | None]:
    """`Pool.decide` by this process's pool."""
    global _pool
    if _pool is None:
        _pool = Pool(_size())
        atexit.register(_pool.close)
    return _pool.decide(pairs)


def _size() -> int:
    """Two workers, fewer where ranks share few cores."""
    cores = len(os.sched_getaffinity(0)) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(1, min(2, cores))


def _forget() -> None:
    """In a forked child: the workers belong to the parent."""
    global _pool
    if _pool is not None:
        atexit.unregister(_pool.close)
        for worker in _pool.workers:
            worker.process.returncode = 0  # not this process's child
    _pool = None


os.register_at_fork(after_in_child=_forget)
