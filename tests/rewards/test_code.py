"""The rewards code_tests and code_format, with a sandbox that only says what it is told to say."""

import json
import logging
import random
import sys
import time
from collections import Counter
from decimal import Decimal
from types import SimpleNamespace

import pytest
from grpo_rewards import code, code_text, verdict_log
from grpo_rewards.code_compare import output_fault, same_value, shown
from grpo_rewards.contract import REGISTRY, NotInstalled, RewardError
from grpo_rewards.rewarder import Rewarder

import swift_grpo
from swift_grpo.sandbox import Limits, NoSandbox, Outage, Outcome

SQUARES = json.dumps(
    {"kind": "stdin", "cases": [{"input": "3\n", "output": "9\n"}, {"input": "4\n", "output": "16\n"}]}
)
ADD = json.dumps({"kind": "call", "function": "add", "cases": [{"args": [1, 2], "output": [3], "or": 3}]})
ASSERT = json.dumps({"kind": "assert", "setup": "import math", "cases": ["assert add(1, 2) == 3"]})


class Fake:
    """Answers each case with the outcome that `say` gives for the program and the case."""

    about, workers = "a fake", 1

    def __init__(self, say) -> None:
        self.say, self.ran = say, []

    def run(self, program, limits):
        self.ran.append((program, limits))
        return [self.say(program, case) for case in program.cases]


@pytest.fixture
def sandbox(monkeypatch):
    def install(say):
        fake = Fake(say)
        monkeypatch.setattr(code, "_sandbox", lambda url: fake)
        return fake

    return install


def fenced(program: str, label: str = "python") -> str:
    return f"<think>?</think><answer>\n```{label}\n{program}\n```\n</answer>"


def one(program: str | None, tests: str, **more) -> code.CodeVerdict:
    return code.verdicts([program], [tests], **more)[0]


@pytest.mark.parametrize(
    ("completion", "program"),
    [
        ("```python\na\n```", "a"),
        ("```py\na\n```\n```Python\nb\n```\n```\nc\n```", "b"),
        ("```\na\n```\n```\nb\n```\n```bash\nls\n```", "b"),
        ("```python\na\n```\n```json\n{}\n```", "a"),
        ("```cpp\na\n```", None),
        ("<think>```python\na\n```</think>", None),
        ("<think>```python\na\n```</think>```python\nb\n```", "b"),
        ("```python\na\n```\n<answer>```python\nb\n```</answer>\n```python\nc\n```", "b"),
        ("<answer>print(1)</answer>```python\na\n```", None),
        ("<answer>\n```python\na\n```", "a"),
        ("```python\na", None),
        ("```python\na\n```\n```python\nb", "a"),
        ("  ```python\n  if 1:\n    a\n  ```", "if 1:\n  a"),
        ("````python\n'''\n```\n'''\n````", "'''\n```\n'''"),
        ("```python title='a.py'\na\n```", "a"),
        ("```python\r\na\r\n```\r\n", "a\r"),
        ("print(1)", None),
        ("", None),
    ],
)
def test_the_program_is_the_last_block_of_python_after_the_thought(completion, program):
    assert code_text.program(completion) == program


def test_a_text_of_fences_takes_linear_time():
    rng = random.Random(0)
    texts = [
        "```python\n" * 50_000,
        "`" * 500_000,
        "```" + " " * 50_000 + "a" * 50_000 + "`",
        "<answer>```\n" * 5_000,
    ]
    texts.append(
        "".join(rng.choice(["```", "````", "\n", " ", "python", "x", "<answer>", "</answer>"]) for _ in range(20_000))
    )
    start = time.process_time()
    for text in texts:
        code_text.program(text)
        code.code_format(text)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("given", "wanted", "right"),
    [
        ("9", "9\n", True),
        (" 9 \n\n", "9", True),
        ("1 2 \n3", "1 2\n 3\n", True),
        ("1  2", "1 2", True),
        ("1\n2", "1 2", False),
        ("1\n\n2", "1\n2", False),
        ("9\n9", "9", False),
        ("", "9", False),
        ("", "", True),
        ("yes", "YES", False),
        ("9.0", "9", True),
        ("1e1", "10", True),
        ("+9", "9", True),
        ("9.0000001", "9", False),
        ("0.3333333", "0.33333333333", True),
        ("0.3333", "0.33333333333", False),
        ("1000000.4", "1000000.0", True),
        ("3", "2.9999999999", True),
        ("50000000000000001", "50000000000000000", False),
        ("nan", "1", False),
        ("inf", "1e5", False),
        ("1_0", "10", False),
        ("٣", "3", False),
        ("1e999999999", "1.0", False),
        ("9" * 100_000, "1.5", False),
        ("x 9.0", "x 9", True),
    ],
)
def test_an_output_is_right_or_wrong(given, wanted, right):
    assert (output_fault(given, wanted) == "") is right


def test_outputs_of_many_hostile_numbers_are_compared_at_once():
    start = time.process_time()
    for number in ("1e999", "1e-999", "9" * 400, "0." + "9" * 400, "." + "0" * 400 + "1"):
        output_fault(f"{number} " * 2000, f"{number}1 " * 2000)
        output_fault("1.5 " * 2000, f"{number} " * 2000)
    assert time.process_time() - start < 1


def deep(levels: int) -> list:
    value: list = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "wanted", "right"),
    [
        (3, 3, True), (3.0, 3, True), (True, 1, True), ("3", 3, False), (None, 0, False), (0.1 + 0.2, 0.3, False),
        ((1, (2,)), [1, [2]], True), ([1, 2], [1, 2, 3], False), ("ab", ["a", "b"], False), ({1}, [1], False),
        ({"a": (1,)}, {"a": [1]}, True), ({"a": 1}, {"b": 1}, False), (1 << 40_000, 1 << 40_000, True),
        (deep(100_000), deep(100_000), False), ([], deep(1), False),
        (Decimal("sNaN"), 1, False), (float("nan"), float("nan"), False),
    ],
    ids=range(17),
)  # fmt: skip
def test_a_value_is_right_or_wrong(value, wanted, right):
    assert same_value(value, wanted) is right


def test_any_value_is_shown_short():
    for value in ("x" * 10**6, [["y" * 1000] * 1000] * 1000, 10**20_000, deep(100_000), "\x00\u202e\ud83d"):
        text = shown(value)
        assert len(text) <= 100 and text.isprintable()


def test_all_tests_pass_or_the_first_that_does_not_is_named(sandbox):
    outputs = {"3\n": "9", "4\n": "8"}
    sandbox(lambda program, case: Outcome("ended", 0, outputs[case.stdin]))
    assert one("p", SQUARES) == code.CodeVerdict(0.5, 1, 2, "test 2 of 2: wrong output; expected '16', got '8'")
    outputs["4\n"] = "16.0\n"
    assert one("p", SQUARES) == code.CodeVerdict(1.0, 2, 2, "")


@pytest.mark.parametrize(
    ("tests", "outcome", "reason"),
    [
        (SQUARES, Outcome("ended", 3, "9", "Traceback:\nValueError: \x1b[31mx"), "exit status 3: ValueError:  [31mx"),
        (SQUARES, Outcome("ended", None, "9"), "exit status None"),
        (SQUARES, Outcome("time", None, "9"), "test 1 of 2: over 2 s"),
        (SQUARES, Outcome("memory", None, "9"), "over 512 MB of memory"),
        (SQUARES, Outcome("output", None, "9"), "more than 65536 bytes"),
        (SQUARES, Outcome("killed", None, "9"), "killed by a signal"),
        (SQUARES, Outcome("not run"), "not run: those before it took 30 s"),
        (ADD, Outcome("raised", errors="TypeError: no"), "the call failed: TypeError: no"),
        (ADD, Outcome("ended", 0, value=4), "wrong value; expected [3], got 4"),
        (ADD, Outcome("ended", 0, value=3), ""),
        (ADD, Outcome("ended", 0, value=(3,)), ""),
        (ASSERT, Outcome("ended", 0), ""),
        (ASSERT, Outcome("ended", 1), "exit status 1"),
        (ASSERT, Outcome("failed", 1, errors="…\nAssertionError"), "'assert add(1, 2) == 3' failed: AssertionError"),
        (ASSERT, Outcome("failed", 1, errors="x" * 5000), "failed: xxx"),
    ],
)
def test_each_end_of_a_test_has_its_reason(sandbox, tests, outcome, reason):
    sandbox(lambda program, case: outcome)
    verdict = one("p", tests, seconds=2.0)
    assert verdict.share == (0.0 if reason else 1.0) and reason in verdict.reason
    assert bool(reason) == bool(verdict.reason) and verdict.reason.isprintable() and len(verdict.reason) <= 300


def test_the_sandbox_gets_neither_outputs_nor_an_order_of_tests(sandbox):
    fake = sandbox(lambda program, case: Outcome("ended", 0))
    code.verdicts(
        ["p", "class Solution:\n  def add", "from __future__ import annotations\np"], [SQUARES, ADD, ADD], workers=1
    )
    squares, add, future = (program for program, _ in sorted(fake.ran, key=lambda ran: len(ran[0].source)))
    assert [case.stdin for case in squares.cases] == ["3\n", "4\n"] and squares.source == "p"
    assert (add.cases[0].function, add.cases[0].args) == ("Solution.add", (1, 2))
    assert future.cases[0].function == "add" and "9" not in str(squares) and "3" not in str(add.cases[0].code)


def test_a_method_is_called_where_the_tests_or_the_program_name_its_class(sandbox):
    fake = sandbox(lambda program, case: Outcome("ended", 0))
    method = json.dumps({"kind": "call", "function": "A.f", "cases": [{"args": [], "output": None}]})
    code.verdicts(
        ["class Solution: ...", "def f(): ...", "class Solution: ...\ndef add(): ..."], [method, method, ADD], workers=1
    )
    assert [program.cases[0].function for program, _ in fake.ran] == ["A.f", "A.f", "add"]


def test_a_preamble_stands_before_the_program_and_behind_its_future(sandbox):
    fake = sandbox(lambda program, case: Outcome("ended", 0))
    tests = json.dumps({"kind": "assert", "preamble": "import a", "setup": "import b", "cases": ["assert f()"]})
    one("from __future__ import (x,\n y)\nprint(1)", tests)
    ((program, _),) = fake.ran
    assert program.source == "from __future__ import (x,\n y)\nimport a\n\nprint(1)"
    assert program.cases[0].code == "import b\nassert f()"


def test_equal_programs_with_equal_tests_run_once(sandbox, monkeypatch):
    fake, read = sandbox(lambda program, case: Outcome("ended", 0, "9")), Counter()
    reader = code.code_rows.read
    monkeypatch.setattr(code.code_rows, "read", lambda text: read.update([text]) or reader(text))
    judged = code.verdicts(["p", "q", "p", "p"], [SQUARES, SQUARES, SQUARES, ADD])
    assert sorted(program.source for program, _ in fake.ran) == ["p", "p", "q"] and set(read.values()) == {1}
    assert judged[0] == judged[2] and [one.of for one in judged] == [2, 2, 2, 1]


def test_long_outputs_are_waited_for(sandbox):
    fake = sandbox(lambda program, case: Outcome("ended", 0, "9"))
    one("p", json.dumps({"inputs": [""], "outputs": ["9" * 100_000]}))
    code.verdicts(["p"], [SQUARES], seconds=60.0, memory_mb=99)
    assert [limits for _, limits in fake.ran] == [Limits(5.0, 30.0, 512, 200_000), Limits(60.0, 60.0, 99, 65_536)]


def test_what_says_nothing_of_a_program_is_none_and_counted(sandbox, caplog):
    def fail(program, case):
        raise Outage("gone")

    sandbox(fail)
    caplog.set_level(logging.WARNING)
    tests = [SQUARES, SQUARES, "{}", None, SQUARES]
    assert code.code_tests([*[fenced("p")] * 4, "no program"], tests) == [None, None, None, None, 0.0]
    (said,) = [text for text in caplog.messages if "left out" in text]
    assert "4 of 5 completions are left out: the sandbox failed" in said and "the tests cannot be read" in said


def test_programs_that_do_not_begin_in_time_are_none(sandbox):
    sandbox(lambda program, case: time.sleep(0.05) or Outcome("ended", 0, "9"))
    judged = code.verdicts([f"p{n}" for n in range(4)], [SQUARES] * 4, workers=1, batch_seconds=0.12)
    assert [verdict.share for verdict in judged] == [0.5, 0.5, None, None]


@pytest.mark.parametrize(("whole", "paid"), [(False, [0.5, 1.0, 0.0]), (True, [0.0, 1.0, 0.0])])
def test_whole_pays_for_all_tests_only(sandbox, whole, paid):
    sandbox(lambda program, case: Outcome("ended", 0, str(int(case.stdin) ** 2) if program.source == "p" else "9"))
    assert code.code_tests([fenced("q"), fenced("p"), "?"], [SQUARES] * 3, whole=whole) == paid


def test_reasons_are_logged_beside_the_run(sandbox, tmp_path):
    sandbox(lambda program, case: Outcome("ended", 0, "9"))
    verdict_log.open_in(str(tmp_path))
    try:
        state = SimpleNamespace(global_step=6)
        completions = [fenced("p"), fenced("q"), "?"]
        Rewarder(REGISTRY["code_tests"])(completions, tests=[SQUARES, ADD, SQUARES], trainer_state=state)
    finally:
        verdict_log.open_in(None)
    entries = [json.loads(line) for line in (tmp_path / "verdicts/code_tests.jsonl").read_text().splitlines()]
    assert [entry["value"] for entry in entries] == [0.5, 0.0, 0.0] and {entry["step"] for entry in entries} == {7}
    assert entries[0]["reason"].startswith("test 2 of 2: wrong output") and "no block" in entries[2]["reason"]


def test_without_a_sandbox_the_reward_is_not_built(monkeypatch):
    def none(url):
        raise NoSandbox("no sandbox holds here: apt install bubblewrap")

    code._sandbox.cache_clear()
    monkeypatch.setattr("swift_grpo.sandbox.choose", none)
    with pytest.raises(NotInstalled, match="code_tests: no sandbox holds here: apt install"):
        Rewarder(REGISTRY["code_tests"])
    monkeypatch.delattr(swift_grpo, "sandbox")
    monkeypatch.setitem(sys.modules, "swift_grpo.sandbox", None)
    with pytest.raises(NotInstalled, match="pip install swift-grpo"):
        Rewarder(REGISTRY["code_tests"])


@pytest.mark.parametrize(
    "wrong", [{"seconds": 0.0}, {"memory_mb": 1}, {"batch_seconds": -1.0}, {"workers": -1}, {"url": "x"}]
)
def test_wrong_parameters_are_refused(wrong):
    with pytest.raises(RewardError, match="code_tests"):
        Rewarder(REGISTRY["code_tests"], **wrong)


@pytest.mark.parametrize(
    ("completion", "value"),
    [
        (fenced("print(1)"), 1.0),
        (fenced("print(1)", ""), 1.0),
        ("```python\nprint(1)\n```\n```bash\nls\n```", 1.0),
        ("```python\na\n```\n```python\nb\n```", 0.0),
        (fenced("print("), 0.0),
        (fenced("# nothing"), 0.0),
        (fenced(""), 0.0),
        (fenced("print 1", "cpp"), 0.0),
        (fenced("'\\d'"), 1.0),
        (fenced("'\ud83d\x00'"), 0.0),
        (fenced("-" * 60_000 + "1"), 0.0),
        (fenced("(" * 60_000), 0.0),
        (fenced("a" + "()" * 30_000), 0.0),
        ("print(1)", 0.0),
    ],
    ids=range(14),
)
def test_the_form_of_a_program(completion, value, recwarn):
    assert code.code_format(completion) == value and not recwarn
