"""code_tests with the sandbox of this machine."""

import json

import pytest
from grpo_rewards import code
from grpo_rewards.contract import REGISTRY, NotInstalled
from grpo_rewards.rewarder import Rewarder
from typer.testing import CliRunner

from swift_grpo.commands.main import app

pytestmark = pytest.mark.slow  # processes

SQUARES = json.dumps({"inputs": ["3\n", "4\n"], "outputs": ["9\n", "16\n"]})  # as in APPS
SUMS = json.dumps({"kind": "call", "function": "add", "cases": [{"args": [[1, 2]], "output": 3}]})
LISTS = json.dumps({"kind": "call", "function": "add", "cases": [{"args": [1, 2], "output": [1, 2]}]})
ASSERTS = json.dumps(
    {"kind": "assert", "setup": "import math", "cases": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"]}
)
ITEMS = "class A:\n  def __setitem__(self, key, value): self.last = [key, value]"
CHECKED = {"prompt": "import math\n\ndef area(r):\n    '''.'''\n", "entry_point": "area",
           "test": "def check(candidate):\n    assert abs(candidate(1) - 3.14) < 0.01\n"}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def sandbox():
    try:
        return code._sandbox("")
    except NotInstalled as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("program", "tests", "share", "reason"),
    [
        ("print(int(input()) ** 2)", SQUARES, 1.0, ""),
        ("print(float(sys.stdin.read()) ** 2)", SQUARES, 1.0, ""),  # imports of APPS's harness
        ("if __name__ == '__main__':\n    print(9)", SQUARES, 0.5, "test 2 of 2: wrong output; expected '16', got '9'"),
        ("print(9)\nraise SystemExit(3)", SQUARES, 0.0, "exit status 3"),
        ("print(9)\nraise ValueError('x')", SQUARES, 0.0, "exit status 1: ValueError: x"),
        ("print(", SQUARES, 0.0, "SyntaxError"),
        ("while True: pass", SQUARES, 0.0, "test 1 of 2: over 1 s"),
        ("x = bytearray(10**9)", SQUARES, 0.0, "over 256 MB of memory"),
        ("print('a' * 10**6)", SQUARES, 0.0, "more than 65536 bytes of output"),
        ("def add(numbers): return sum(numbers)", SUMS, 1.0, ""),
        ("class Solution:\n    def add(self, numbers): return sum(numbers)", SUMS, 1.0, ""),
        ("def add(numbers): return 1 / 0", SUMS, 0.0, "the call failed: ZeroDivisionError"),
        ("def add(a, b): return a, b", LISTS, 1.0, ""),
        ("class Any(list):\n  def __eq__(self, other): return True\ndef add(a, b): return Any()", LISTS, 0.0, "got []"),
        ("def add(a, b): return a + b", ASSERTS, 1.0, ""),
        ("def add(a, b): return a * b", ASSERTS, 0.5, "test 1 of 2: 'assert add(1, 2) == 3' failed: AssertionError"),
        ("def area(r): return math.pi * r * r", json.dumps(CHECKED), 1.0, ""),
        ("import os\nos._exit(0)", ASSERTS, 0.0, "failed"),
        ("def add(a, b): raise StopIteration", json.dumps(["assert all(map(add, [1], [2]))"]), 0.0, "RuntimeError"),
        ("class A: pass", json.dumps(["a = A()\na.x = 3\nassert a.x == 3"]), 1.0, ""),
        ("class A(dict): pass", json.dumps(["a = A\na.x = [3]\nassert a.x == [3]"]), 1.0, ""),
        ("class A(list):\n  pass", json.dumps(["a = A\na.x = {}\na.x = {1: 2}\nassert a.x == {1: 2}"]), 1.0, ""),
        (ITEMS, json.dumps(["a = A()\na[0] = 3\nassert a.last == [0, 3]"]), 1.0, ""),
        ("def add(", ASSERTS, 0.0, "SyntaxError"),
    ],
)  # fmt: skip
def test_programs_are_paid_for_the_tests_that_they_pass(program, tests, share, reason):
    (verdict,) = code.verdicts([program], [tests], seconds=1.0, memory_mb=256)
    assert verdict.share == share and reason in verdict.reason and bool(reason) == bool(verdict.reason)


def test_a_batch_is_paid_as_the_trainer_asks(caplog):
    code._announce.cache_clear()
    right = "<think>?</think><answer>\n```python\nprint(int(input()) ** 2)\n```\n</answer>"
    pay = Rewarder(REGISTRY["code_tests"])
    assert pay([right, "print(9)", right], tests=[SQUARES, SQUARES, "[]"], solution=["", "", ""]) == [1.0, 0.0, None]
    assert pay([right], tests=[SQUARES]) == [1.0]
    assert sum("code_tests runs programs in" in text for text in caplog.messages) == 1


def test_a_file_is_scored(tmp_path):
    rows = [{"completion": f"```python\nprint({n})\n```", "tests": SQUARES} for n in (9, 16, 0)]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = CliRunner().invoke(app, ["score", str(file), "--rewards", "code_tests,code_format", "--json"])
    assert done.exit_code == 0, done.output
    tests, form = json.loads(done.stdout)["rewards"][:2]
    assert (tests["mean"], form["mean"]) == (pytest.approx(1 / 3), 1.0)
