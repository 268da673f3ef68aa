r"""Worker processes for math-verify and reasoning-gym that can be killed: one small pool a process, started at need.

Uses neither signals nor threads, so it works in any thread. A fork does not inherit the pool; the child starts its own.
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
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from grpo_rewards.answers.verdict import Verdict

logger = logging.getLogger("grpo_rewards")

ITEM_SECONDS = 60.0  # of wall time, if the worker's limit of CPU time (worker.CPU_SECONDS) does not end it
_START_SECONDS = 120.0
OVER_BUDGET, LOST = "over budget", "lost"
_PLUGIN = Path(__file__).resolve().parent.parent

Pair = tuple[str, str]  # answer, gold
Item = Pair | dict[str, str]  # a dict is an answer for `gym_scorer`
Reply = bool | float | None | dict | str  # a worker's verdict, score or error; or OVER_BUDGET, LOST


class Worker:
    """One `grpo_rewards.worker`; `item` is the index of the item in progress."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, (str(_PLUGIN), os.environ.get("PYTHONPATH"))))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grpo_rewards.worker", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        )
        assert self.process.stdin is not None and self.process.stdout is not None  # both are pipes
        self.items, self.replies = self.process.stdin, self.process.stdout
        self.ready = False
        self.item: int | None = None
        self.until = time.monotonic() + _START_SECONDS

    def send(self, number: int, item: Item) -> None:
        loading = _START_SECONDS if isinstance(item, dict) else 0.0  # the first such item imports reasoning-gym
        self.item, self.until = number, time.monotonic() + loading + ITEM_SECONDS
        self.items.write(json.dumps(item).encode() + b"\n")
        self.items.flush()

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()
        for pipe in (self.items, self.replies):
            with contextlib.suppress(OSError):
                pipe.close()


class Pool:
    """At most `size` workers, shared by all rewards of a process."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.workers: list[Worker] = []
        self.lock = threading.Lock()
        self.golds: dict[str, Verdict] = {}  # the result of each gold alone

    def judge(self, pairs: Sequence[Pair]) -> list[Verdict]:
        """The verdict on each pair, which depends on that pair alone. Each gold is first compared with itself, within
        its own budget, so a pair that exceeds the budget later does so because of the answer."""
        with self.lock:
            new = sorted({gold for _, gold in pairs}.difference(self.golds))
            for gold, reply in zip(new, self._run([(gold, gold) for gold in new]), strict=True):
                self.golds[gold] = _of_gold(reply)
            open_pairs = [pair for pair in pairs if self.golds[pair[1]] is Verdict.RIGHT]
            replies = dict(zip(open_pairs, self._run(open_pairs), strict=True))
        return [_of_pair(replies[pair]) if pair in replies else self.golds[pair[1]] for pair in pairs]

    def ask(self, items: Sequence[Item]) -> list[Reply]:
        """A worker's reply to each item."""
        with self.lock:
            return self._run(items)

    def _run(self, items: Sequence[Item]) -> list[Reply]:
        """A worker's reply to each item, OVER_BUDGET, or LOST where no worker is available."""
        replies: list[Reply] = [LOST] * len(items)
        todo = deque(range(len(items)))
        self._stop_if(lambda worker: worker.item is not None or worker.process.poll() is not None)
        started = 0
        blamed: set[int] = set()
        while todo or any(worker.item is not None for worker in self.workers):
            if started > len(items) + 2 * self.size:
                logger.error("the workers do not start; %d items are left out", len(todo))
                break
            while len(self.workers) < min(self.size, len(todo)):
                self.workers.append(Worker())
                started += 1
            for worker in self.workers:
                if worker.ready and worker.item is None and todo:
                    self._send(worker, todo, items)
            for item, too_long in self._receive(replies):
                if too_long or item in blamed:
                    replies[item] = OVER_BUDGET
                else:  # something else may have killed the worker: one more try
                    blamed.add(item)
                    todo.append(item)
            for item in self._expire():
                replies[item] = OVER_BUDGET
        self._stop_if(lambda worker: worker.item is not None)
        return replies

    @staticmethod
    def _send(worker: Worker, todo: deque, items: Sequence[Item]) -> None:
        number = todo.popleft()
        try:
            worker.send(number, items[number])
        except OSError:  # it was killed while idle, which is not the item's fault
            todo.appendleft(number)
            worker.item, worker.until = None, 0

    def _receive(self, replies: list[Reply]) -> list[tuple[int, bool]]:
        """Wait until a worker replies or its time is up.

        Returns the items whose worker died, and whether its limit of CPU time killed it.
        """
        orphaned = []
        with selectors.DefaultSelector() as selector:
            for worker in self.workers:
                selector.register(worker.replies, selectors.EVENT_READ, worker)
            busy = [worker.until for worker in self.workers if worker.item is not None or not worker.ready]
            for key, _ in selector.select(max(0.0, min(busy, default=0.0) - time.monotonic())):
                worker = key.data
                line = worker.replies.readline()
                if not line:
                    if worker.item is not None:
                        orphaned.append((worker.item, worker.process.wait() == -signal.SIGPROF))
                    worker.item, worker.until = None, 0
                elif not worker.ready:
                    worker.ready, worker.until = True, float("inf")
                else:
                    replies[worker.item] = json.loads(line)
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


def judge(pairs: Sequence[Pair]) -> list[Verdict]:
    """`Pool.judge` with this process's pool."""
    return _shared().judge(pairs)


def ask(items: Sequence[Item]) -> list[Reply]:
    """`Pool.ask` with this process's pool."""
    return _shared().ask(items) if items else []


def _shared() -> Pool:
    global _pool
    if _pool is None:
        _pool = Pool(_size())
        atexit.register(_pool.close)
    return _pool


def _of_gold(reply: Reply) -> Verdict:
    """The verdict on a gold from its comparison with itself."""
    right = Verdict.GOLD_UNREADABLE if reply is None else Verdict.RIGHT
    return _failure(reply, Verdict.GOLD_OVER_BUDGET) or right


def _of_pair(reply: Reply) -> Verdict:
    return _failure(reply, Verdict.ANSWER_OVER_BUDGET) or (Verdict.RIGHT if reply else Verdict.WRONG)


def _failure(reply: Reply, over_budget: Verdict) -> Verdict | None:
    """Why a worker gave no verdict; None where it gave one."""
    if not isinstance(reply, dict):
        return over_budget if reply is OVER_BUDGET else Verdict.WORKER_FAILED if reply is LOST else None
    if reply["error"].startswith(("RecursionError", "MemoryError")):
        return over_budget
    if reply["error"].startswith("ValueError: an integral"):
        return Verdict.GOLD_OVER_BUDGET
    logger.error("a grading worker failed: %s", reply["error"])
    return Verdict.WORKER_FAILED


def _size() -> int:
    """The number of workers: two, or fewer where ranks share few cores."""
    cores = len(os.sched_getaffinity(0)) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(1, min(2, cores))


def _forget() -> None:
    """Runs in a forked child, because the workers belong to the parent."""
    global _pool
    if _pool is not None:
        atexit.unregister(_pool.close)
        for worker in _pool.workers:
            worker.process.returncode = 0  # not this process's child
    _pool = None


os.register_at_fork(after_in_child=_forget)
