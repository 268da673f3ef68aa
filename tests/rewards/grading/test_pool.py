"""The workers: a pair that hangs ends and harms no other, they survive threads, forks and kills, and none is left behind."""

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
from grpo_rewards import pool
from grpo_rewards.grading import grade_batch

from tests.conftest import ROOT

CLEAN = [("x+1", "1+x"), ("x+1", "x+2"), ("\\sin^2 x", "1-\\cos^2 x"), ("5", "6"), ("\\sqrt{8}", "2\\sqrt{2}")]
VERDICTS = [True, False, True, False, True]
HANGING = [("9^{9^{9^{9}}}", "1"), ("((9!)!)!", "1")]


@pytest.fixture
def workers():
    made = pool.Pool(2)
    yield made
    made.close()


def test_hanging_pairs_end_and_change_no_other_verdict(workers):
    pairs = [CLEAN[0], HANGING[0], *CLEAN[1:3], HANGING[1], *CLEAN[3:]]
    assert workers.decide(CLEAN) == VERDICTS
    assert workers.decide(pairs) == [True, False, False, True, False, False, True]
    assert workers.decide(CLEAN) == VERDICTS


def test_hostile_pairs_in_a_batch():
    hostile = [
        "9^{9^{9^{9}}}",
        "(10^8)!",
        "{" * 10**5 + "1" + "}" * 10**5,
        "x" * 10**6,
        "\\frac{\\left(",
        "\x00\x1b[2J\u202e",
    ]
    clean = [("\\boxed{0.5}", "\\frac12"), ("\\boxed{\\int_0^1 x\\,dx}", "\\frac12"), ("\\boxed{7}", "8")]
    alone = grade_batch(*zip(*clean, strict=True))
    mixed = clean + [(f"\\boxed{{{answer}}}", gold) for answer in hostile for gold in ("1", "x^2", "(1,2)")]
    verdicts = grade_batch(*zip(*mixed, strict=True))
    assert verdicts[: len(clean)] == alone
    assert set(verdicts[len(clean) :]) == {0.0}


def test_hostile_golds():
    golds = ["9^{9^{9^{9}}}", "(10^8)!", "{" * 10**5, "x" * 10**6, "\\frac{\\left(", "\x00\x1b[2J"]
    assert set(grade_batch(["\\boxed{1}"] * len(golds), golds)) <= {0.0, None}


def test_a_worker_that_was_killed_is_replaced(workers):
    assert workers.decide(CLEAN) == VERDICTS
    for worker in workers.workers:
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
    assert workers.decide(CLEAN) == VERDICTS


def test_a_worker_killed_at_work_costs_at_most_its_pair(workers):
    assert workers.decide(CLEAN) == VERDICTS
    victim = workers.workers[0].process.pid

    def kill_when_busy():
        while psutil.Process(victim).cpu_times().user < before + 0.2:
            time.sleep(0.02)
        os.kill(victim, signal.SIGKILL)

    before = psutil.Process(victim).cpu_times().user
    killer = threading.Thread(target=kill_when_busy, daemon=True)
    killer.start()
    assert workers.decide([*HANGING, *CLEAN]) == [False, False, *VERDICTS]
    killer.join(10)
    assert not psutil.pid_exists(victim)


def test_threads_share_the_pool(workers):
    verdicts = {}

    def decide(name):
        verdicts[name] = workers.decide(CLEAN)

    threads = [threading.Thread(target=decide, args=(name,)) for name in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert verdicts == {0: VERDICTS, 1: VERDICTS, 2: VERDICTS}
    assert len(workers.workers) <= 2


CHILD = f"""
import os, signal, sys, threading, time
from grpo_rewards import pool
CLEAN, VERDICTS = {CLEAN!r}, {VERDICTS!r}

def pids():
    return [worker.process.pid for worker in pool._pool.workers]

"""


def run(code: str) -> subprocess.Popen:
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugin")])
    return subprocess.Popen(
        [sys.executable, "-c", CHILD + code], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )


def gone(pids: list[int]) -> bool:
    """Whether all processes end within 20 s."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids):
            return True
        time.sleep(0.1)
    return False


def test_nothing_is_left_after_an_ordinary_exit():
    process = run("assert pool.decide(CLEAN) == VERDICTS; print(*pids())")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(out.split()) in (1, 2)
    assert gone([int(pid) for pid in out.split()])


def test_nothing_is_left_when_the_trainer_is_killed():
    process = run("pool.decide(CLEAN); print(*pids(), flush=True); time.sleep(60)")
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert all(psutil.pid_exists(pid) for pid in pids)
    assert pids
    process.kill()
    process.wait()
    assert gone(pids)


def test_nothing_is_left_when_the_trainer_is_killed_while_a_pair_hangs():
    process = run(f"""
pool.decide(CLEAN)
print(*pids(), flush=True)
pool.decide({[HANGING[0]] * 20!r})
""")
    pids = [int(pid) for pid in process.stdout.readline().split()]
    time.sleep(0.5)
    children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    process.kill()
    process.wait()
    assert gone([*pids, *children])


def test_a_fork_starts_its_own_workers_and_leaves_the_parents():
    process = run("""
assert pool.decide(CLEAN) == VERDICTS
before = pids()
child = os.fork()
if child == 0:
    right = pool.decide(CLEAN) == VERDICTS and not set(pids()) & set(before)
    pool._pool.close()
    os._exit(0 if right else 1)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0
assert pool.decide(CLEAN) == VERDICTS
assert pids() == before
print("done")
""")
    out, _ = process.communicate(timeout=120)
    assert (process.returncode, out.split()) == (0, ["done"])


def test_a_spawned_process_off_the_main_thread():
    process = run("""
verdicts = []
thread = threading.Thread(target=lambda: verdicts.extend(pool.decide(CLEAN)))
thread.start()
thread.join()
assert verdicts == VERDICTS
print(signal.getsignal(signal.SIGALRM) is signal.SIG_DFL)
""")
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out.split()) == (0, ["True"])
