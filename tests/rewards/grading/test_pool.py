"""math-verify in processes that can be killed: wherever it is called from, nothing hangs and nothing is left."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import psutil
import pytest
from grpo_rewards import pool
from grpo_rewards.answers.verdict import Verdict

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

R, W, OVER = Verdict.RIGHT, Verdict.WRONG, Verdict.ANSWER_OVER_BUDGET
HARD = [(r"\sum_{k=1}^{10} k", "55"), (r"\int_0^1 x dx", "1/2"), (r"\sum_{k=1}^{9} k", "55")]
HANGING = [("2^{2^{2^{2^{2^{2}}}}}", "3"), ("100000000!", "3"), ("9^{9^{9^{9}}}", r"\int_0^1 x dx")]


@pytest.fixture
def own_pool():
    made = pool.Pool(2)
    yield made
    made.close()


def test_verdicts(own_pool):
    assert own_pool.judge([*HARD, ("x", r"\frac{1")]) == [R, R, W, Verdict.GOLD_UNREADABLE]


def test_items_that_hang_cost_their_own_verdict_only(own_pool):
    mixed = [HARD[0], HANGING[0], HARD[1], HANGING[1], HARD[2], HANGING[2], HARD[0]]
    assert own_pool.judge(mixed) == [R, OVER, R, OVER, W, OVER, R]


def test_in_threads(own_pool):
    verdicts = {}
    threads = [threading.Thread(target=lambda i=i: verdicts.update({i: own_pool.judge(HARD)})) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == {0: [R, R, W], 1: [R, R, W]}


def test_after_its_workers_were_killed(own_pool):
    own_pool.judge(HARD)
    for one in own_pool.workers:
        one.process.kill()
        one.process.wait()
    assert own_pool.judge(HARD) == [R, R, W]


def test_a_worker_killed_while_idle_and_not_yet_reaped(own_pool):
    own_pool.judge(HARD)
    for one in own_pool.workers:
        os.kill(one.process.pid, signal.SIGKILL)
    assert own_pool.judge(HARD) == [R, R, W]


def script(body: str) -> list[str]:
    head = f"import os, sys, time\nsys.path.insert(0, {str(ROOT / 'plugin')!r})\nfrom grpo_rewards import grade, pool\n"
    return [sys.executable, "-c", head + textwrap.dedent(body)]


GRADE = r"grade(r'\boxed{\int_0^1 x\,dx}', '1/2')"


def test_after_a_fork():
    body = f"""
        assert {GRADE} == 1.0
        child = os.fork()
        if child == 0:
            from grpo_rewards import grading
            grading._verdicts.clear()
            os._exit(0 if {GRADE} == 1.0 else 1)
        assert os.waitpid(child, 0)[1] == 0
        from grpo_rewards import grading
        grading._verdicts.clear()
        assert {GRADE} == 1.0
    """
    subprocess.run(script(body), check=True, timeout=60)


def test_at_interpreter_exit():
    body = f"""
        import atexit
        atexit.register(lambda: print({GRADE}, flush=True))
    """
    assert subprocess.run(script(body), check=True, timeout=60, capture_output=True).stdout == b"1.0\n"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, None])
def test_nothing_is_left_when_the_trainer_ends(how):
    body = f"""
        {GRADE}
        print(*[w.process.pid for w in pool._pool.workers], flush=True)
        if sys.argv[1:]:
            time.sleep(60)
    """
    trainer = subprocess.Popen([*script(body), *(["wait"] if how else [])], stdout=subprocess.PIPE, text=True)
    workers = [int(pid) for pid in trainer.stdout.readline().split()]
    assert workers
    if how:
        trainer.send_signal(how)
    trainer.wait(timeout=60)
    trainer.stdout.close()
    deadline = time.monotonic() + 20
    while any(psutil.pid_exists(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in workers if psutil.pid_exists(pid)]


def test_a_worker_cannot_eat_all_memory():
    body = """
        from grpo_rewards import worker
        worker.limit(os.getppid())
        try:
            bytearray(worker.MEMORY)
        except MemoryError:
            print("refused")
    """
    assert subprocess.run(script(body), check=True, timeout=60, capture_output=True).stdout == b"refused\n"
