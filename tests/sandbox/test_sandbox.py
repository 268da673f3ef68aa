"""Programs in each sandbox that this machine has."""

import threading
import time
from pathlib import Path

import psutil
import pytest

from swift_grpo.sandbox import BACKENDS, Case, Limits, NoSandbox, Program, choose, run_all

ADD = "def add(a, b):\n    return a + b\nif __name__ == '__main__':\n    print(add(*map(int, input().split())))"

pytestmark = pytest.mark.slow


@pytest.fixture(params=BACKENDS)
def sandbox(request):
    try:
        return choose(only=request.param)
    except NoSandbox as error:
        pytest.skip(str(error))


def run(sandbox, source, *cases, files=None, **limits):
    return sandbox.run(Program(source, cases or [Case("stdin")], files or {}), Limits(**limits))


def test_the_three_kinds_of_cases(sandbox):
    outcomes = run(
        sandbox,
        ADD,
        Case("stdin", stdin="3 4"),
        Case("call", function="add", args=((1,), (2,))),
        Case("call", function="add", args=(1, "2")),
        Case("assert", code="assert add(1, 2) == 3"),
        Case("assert", code="assert add(1, 2) == 4"),
    )
    assert [outcome.reason for outcome in outcomes] == ["ended", "ended", "raised", "ended", "failed"]
    assert (outcomes[0].output, outcomes[1].value) == ("7\n", (1, 2))
    assert outcomes[2].errors.startswith("TypeError: ")


@pytest.mark.parametrize(
    ("source", "reason", "limits"),
    [
        ("while True: pass", "time", {"seconds": 0.5}),
        ("import time\ntime.sleep(60)", "time", {"seconds": 0.5}),
        ("x = [0] * 10**9", "memory", {}),
        ("while True: print('x' * 1000)", "output", {}),
        ("import ctypes\nctypes.string_at(1)", "killed", {}),
        ("raise SystemExit(3)", "ended", {}),
        ("exit(3)", "ended", {}),
    ],
)
def test_every_end_has_a_reason(sandbox, source, reason, limits):
    started = time.monotonic()
    (outcome,) = run(sandbox, source, **limits)
    assert outcome.reason == reason, outcome
    assert time.monotonic() - started < 10
    assert (outcome.exit == 3) == (reason == "ended")


def test_cases_over_the_whole_time_are_not_run(sandbox):
    outcomes = run(sandbox, "import time\ntime.sleep(60)", *[Case("stdin")] * 3, seconds=5, total_seconds=1)
    assert [outcome.reason for outcome in outcomes] == ["time", "not run", "not run"]


def test_it_reads_its_files_and_nothing_else(sandbox, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    source = f"print(open('data/in.txt').read())\nopen({str(secret)!r})"
    (outcome,) = run(sandbox, source, files={"data/in.txt": b"its own"})
    assert outcome.output == "its own\n"
    assert "Error" in outcome.errors
    with pytest.raises(ValueError, match="within the working folder"):
        run(sandbox, source, files={"../in.txt": b""})


def test_it_is_not_root_and_sees_no_environment(sandbox, monkeypatch):
    monkeypatch.setenv("TOKEN", "secret")
    (outcome,) = run(sandbox, "import os\nprint(os.getuid(), os.environ.get('TOKEN'))")
    assert outcome.output.split()[1] == "None"
    assert outcome.output.split()[0] != "0"


def test_threads_and_their_stacks(sandbox):
    source = (
        "import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(1 << 27)\n"
        "def depth(n): return n and 1 + depth(n - 1)\n"
        "thread = threading.Thread(target=lambda: print(depth(20000)))\nthread.start()\nthread.join()"
    )
    assert run(sandbox, source)[0].output == "20000\n"


def test_nothing_is_left_behind(sandbox):
    def left():
        folders = [path for folder in ("/tmp", "/dev/shm") for path in Path(folder).iterdir()]
        return [path for path in folders if path.name.startswith("sandbox-")] + psutil.Process().children(
            recursive=True
        )

    before = left()
    source = "import os, time\nfor _ in range(9):\n    try: os.fork()\n    except OSError: pass\ntime.sleep(60)"
    run(sandbox, source, files={"a": b""}, seconds=0.5)
    assert left() == before


def test_many_at_a_time(sandbox):
    programs = [Program(ADD, [Case("stdin", stdin=f"{n} 1")]) for n in range(20)]
    assert [outcomes[0].output for outcomes in run_all(sandbox, programs)] == [f"{n + 1}\n" for n in range(20)]
    assert run_all(sandbox, programs[:2], seconds=-1) == [None, None]
    assert threading.active_count() < 20


@pytest.mark.parametrize(
    "act",
    [
        "fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, os.getppid())",  # then O_ASYNC signals any process of the user
        "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",  # sendto() reaches any address
        "os.kill(os.getppid(), 0)",
        "os.open('/dev/shm/x', os.O_CREAT | os.O_WRONLY)",
        "os.execv(sys.executable, [sys.executable])",
        "ctypes.CDLL(None, use_errno=True).syscall(319, b'x', 0) == -1 and os.open('/', os.O_WRONLY)",  # memfd_create
    ],
)
def test_an_act_is_refused(sandbox, act):
    source = (
        f"import ctypes, fcntl, os, socket, sys\ntry:\n    print({act})\nexcept OSError as error:\n    print('refused')"
    )
    assert run(sandbox, source)[0].output == "refused\n"


OBJECTS = """
class Stack:
    def __init__(self, items=()): self.items, self.size = list(items), 0
    def __add__(self, other): return Stack(self.items + other.items) if isinstance(other, Stack) else 0
    def __sub__(self, other): return 0
    def __len__(self): return len(self.items)
    def __iter__(self): return iter(self.items)
    def __setitem__(self, at, value): self.items[at] = value
    def __eq__(self, other): return True
    def __enter__(self): return self
    def __exit__(self, *error): self.size = 9
def stop(x): raise StopIteration
"""


@pytest.mark.parametrize(
    ("code", "passes"),
    [
        ("assert list(Stack([1]) + Stack([2])) == [1, 2] and len(Stack([1])) == 1", True),
        ("s = Stack([1])\ns[0] = 5\ns.size = 3\nassert s.items == [5] and s.size == 3", True),
        ("with Stack() as s:\n    pass\nassert s.size == 9", True),
        ("assert isinstance(Stack(), Stack) and not isinstance(5, Stack)", True),
        ("assert Stack() == 5", False),  # its own idea of equality does not count
        ("assert abs(Stack() - 3.5) < 1e-6", False),  # nor does its arithmetic with what is expected
        ("assert all(map(lambda x: stop(x) == 1, [1]))", False),
        ("assert stop(1)", False),
    ],
)
def test_what_a_test_may_do_with_an_object(sandbox, code, passes):
    (outcome,) = run(sandbox, OBJECTS, Case("assert", code=code))
    assert (outcome.reason == "ended") == passes, outcome


def test_a_function_with_the_name_of_a_builtin(sandbox):
    source = "def sum(a, b): return 1\ndef f(x): return [x]\ndef sorted(x): return 'all is well'"
    mine = Case("assert", code="assert sum(10, 15) == 1")
    not_mine = Case("assert", code="assert sorted(f(3)) == 'all is well'")
    assert [one.reason for one in run(sandbox, source, mine, not_mine)] == ["ended", "failed"]
