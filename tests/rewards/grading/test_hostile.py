"""Hostile answers and golds end, earn nothing and change no other verdict; kills at the worst moment cost one pair at most."""

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
from grpo_rewards import pool
from grpo_rewards.answers.verdict import Verdict
from grpo_rewards.grading import grade_batch

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

CLEAN = [("x+1", "1+x"), ("x+1", "x+2"), ("\\sin^2 x", "1-\\cos^2 x"), ("5", "6"), ("\\sqrt{8}", "2\\sqrt{2}")]
R, W = Verdict.RIGHT, Verdict.WRONG
VERDICTS = [R, W, R, W, R]
HANGING = ("9^{9^{9^{9}}}", "1")
HOSTILE = [
    "9^{9^{9^{9}}}",
    "(10^8)!",
    "{" * 10**5 + "1" + "}" * 10**5,
    "x" * 10**6,
    "\\frac{\\left(",
    "\x00\x1b[2J\u202e",
]


def test_in_a_batch():
    clean = [("\\boxed{0.5}", "\\frac12"), ("\\boxed{\\int_0^1 x\\,dx}", "\\frac12"), ("\\boxed{7}", "8")]
    mixed = clean + [(f"\\boxed{{{answer}}}", gold) for answer in HOSTILE for gold in ("1", "x^2", "(1,2)")]
    verdicts = grade_batch(*zip(*mixed, strict=True))
    assert verdicts[: len(clean)] == grade_batch(*zip(*clean, strict=True)) == [1.0, 1.0, 0.0]
    assert set(verdicts[len(clean) :]) == {0.0}


def test_as_golds():
    assert set(grade_batch(["\\boxed{1}"] * len(HOSTILE), HOSTILE)) <= {0.0, None}


def test_a_worker_killed_at_work_costs_at_most_its_pair():
    workers = pool.Pool(1)
    try:
        assert workers.judge(CLEAN) == VERDICTS
        victim = psutil.Process(workers.workers[0].process.pid)
        before = victim.cpu_times().user

        def kill_when_busy():
            while victim.is_running() and victim.cpu_times().user < before + 0.1:
                time.sleep(0.01)
            os.kill(victim.pid, signal.SIGKILL)

        threading.Thread(target=kill_when_busy, daemon=True).start()
        assert workers.judge([HANGING, *CLEAN]) == [Verdict.ANSWER_OVER_BUDGET, *VERDICTS]
        assert victim.pid not in [worker.process.pid for worker in workers.workers]
    finally:
        workers.close()


def test_nothing_is_left_when_the_trainer_is_killed_while_a_pair_hangs():
    code = f"""
from grpo_rewards import pool
from grpo_rewards.answers.verdict import Verdict
pool.judge({CLEAN!r})
print(*[worker.process.pid for worker in pool._pool.workers], flush=True)
pool.judge([{HANGING!r}])
"""
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugin")])
    trainer = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    pids = [int(pid) for pid in trainer.stdout.readline().split()]
    time.sleep(0.3)
    pids += [child.pid for child in psutil.Process(trainer.pid).children()]
    trainer.kill()
    trainer.wait()
    end = time.monotonic() + 30
    while any(map(psutil.pid_exists, pids)) and time.monotonic() < end:
        time.sleep(0.1)
    assert pids
    assert not any(map(psutil.pid_exists, pids))
