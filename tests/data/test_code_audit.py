"""The audit of rows with tests: what reading shows, and what the references' runs show."""

import json
import subprocess

import pytest
from grpo_rewards import code
from grpo_rewards.contract import NotInstalled

from tests.data.conftest import read_jsonl, write_jsonl


def row(question: str, tests: object, solution: str | None = "def add(a, b):\n    return a + b") -> dict:
    told = {"messages": [{"role": "user", "content": question}], "tests": json.dumps(tests)}
    return told | ({"solution": solution} if solution else {})


def asserts(*lines: str) -> dict:
    return {"kind": "assert", "cases": list(lines)}


ROWS = [
    row("Write `add` of two numbers.", asserts("assert add(1, 2) == 3")),
    row("Write `add` of two numbers or more.", asserts("assert add(1, 2) == 3", "assert add(1, 2) == 4")),
    row("Write `add` of two texts.", asserts("assert add('a', 'b') == 'ab'"), None),
    row("Write `add` of two lists.", {"kind": "call", "function": "add", "cases": []}),
    row("Add two numbers by a function `add`.", asserts("assert add(1, 2) == 3")),
    row("Print many numbers.", {"kind": "stdin", "cases": [{"input": "", "output": "1\n"}] * 301}, None),
]


@pytest.fixture
def judged(monkeypatch):
    """Verdicts without a sandbox: the programs that were judged, and a share for each by its tests."""
    seen = []

    def verdicts(programs, tests, **limits):
        seen.extend(programs)
        shares = [None if "list" in one else 0.5 if "== 4" in one else 1.0 for one in tests]
        return [code.CodeVerdict(share, int((share or 0) * 2), 2, "why" if share != 1 else "") for share in shares]

    monkeypatch.setattr(code, "verdicts", verdicts)
    return seen


def findings(data, *arguments) -> dict[str, dict]:
    return {one["check"]: one for one in json.loads(data("audit", *arguments, "--json").stdout)["advice"]}


def test_each_fault_of_tests_is_found_with_its_row(data, tmp_path, judged):
    path = write_jsonl(tmp_path / "a.jsonl", ROWS)
    found = findings(data, path)
    rows = {name: [row for row, _ in one["examples"]] for name, one in found.items()}
    assert rows == {
        "unreadable_tests": [4],
        "reference_fails": [2],
        "no_reference": [3, 6],
        "equal_tests": [5],
        "large_tests": [6],
        "too_long": [],  # skipped
    }
    assert len(judged) == 3
    assert found["reference_fails"]["said"] == "of 3 reference programs fail a test of their row"
    assert found["reference_fails"]["examples"] == [[2, "passes 1 of 2 tests; why"]]
    assert json.loads(data("audit", path, "--json").stdout)["gold_kinds"] == {"assert tests": 4, "stdin tests": 1}


def test_screen_and_page_say_it_too(data, tmp_path, judged):
    path = write_jsonl(tmp_path / "a.jsonl", ROWS)
    shown = data("audit", path, "--page", tmp_path / "a.html").stdout
    page = (tmp_path / "a.html").read_text()
    for text in (shown, page):
        assert "1 of 3 reference programs fail a test of their row" in text and "passes 1 of 2 tests; why" in text
        assert "assert tests" in text
        assert "3 references ran, 1 fail a test of their row" in text


def test_what_the_advice_says_leaves_the_failing_rows_out(data, tmp_path, judged):
    path = write_jsonl(tmp_path / "a.jsonl", ROWS)
    command = findings(data, path)["reference_fails"]["command"]
    subprocess.run(["bash", "-c", command], check=True)
    assert read_jsonl(tmp_path / "a.clean.jsonl") == [*ROWS[:1], *ROWS[2:]]


def test_more_failing_rows_than_are_listed_are_all_named_in_the_json(data, tmp_path, judged):
    rows = [row(f"Add {i}.", asserts(f"assert add({i}, 0) == 4")) for i in range(130)]
    said = json.loads(data("audit", write_jsonl(tmp_path / "a.jsonl", rows), "--no-near", "--json").stdout)
    (found,) = (one for one in said["advice"] if one["check"] == "reference_fails")
    assert said["reference_fails"] == list(range(1, 131)) and found["count"] == 130
    assert "jq -r '.reference_fails[] | \"\\(.)d\"'" in found["command"]


def test_a_program_that_was_not_judged_is_no_failure(data, tmp_path, judged):
    path = write_jsonl(tmp_path / "a.jsonl", [row("Add.", asserts("assert list(add([], [])) == []"))])
    found = findings(data, path)
    assert found["not_judged"]["count"] == 1 and "reference_fails" not in found


def test_without_a_sandbox_the_runs_are_skipped_with_the_reason(data, tmp_path, monkeypatch):
    def none(*_, **__):
        raise NotInstalled("install bubblewrap")

    monkeypatch.setattr(code, "verdicts", none)
    path = write_jsonl(tmp_path / "a.jsonl", ROWS)
    found = findings(data, path)["reference_fails"]
    assert (found["severity"], found["said"]) == ("skipped", "reference programs: SKIPPED, install bubblewrap")
    assert "SKIPPED by --no-run" in data("audit", path, "--no-run").stdout


def test_a_set_of_golds_runs_nothing_and_says_nothing_of_programs(data, tmp_path, judged):
    path = write_jsonl(tmp_path / "a.jsonl", [{"query": "What is 1 + 1?", "solution": "2"}])
    assert set(findings(data, path)) == {"too_long"} and judged == []


def test_rewards_and_prompt_of_code_are_the_default(data, tmp_path, judged):
    path = write_jsonl(tmp_path / "a.jsonl", ROWS[:1])
    assert "misfit:code_format" not in findings(data, path)
    assert "prompts/r1_code.txt" in findings(data, path, "--system", "r1")["misfit:code_format"]["command"]


def test_one_prompt_with_two_sets_of_tests_is_a_contradiction(data, tmp_path, judged):
    rows = [row("Add.", asserts("assert add(1, 2) == 3")), row("Add.", asserts("assert add(1, 2) == 12"))]
    assert findings(data, write_jsonl(tmp_path / "a.jsonl", rows))["contradictions"]["count"] == 1


@pytest.mark.slow
def test_references_run_in_the_sandbox(data, tmp_path):
    from swift_grpo.sandbox import NoSandbox, choose

    try:
        choose()
    except NoSandbox as error:
        pytest.skip(str(error))
    endless = row("Loop.", asserts("assert add(1, 2) == 3"), "def add(a, b):\n    raise SystemExit(0)")
    path = write_jsonl(tmp_path / "a.jsonl", [*ROWS[:2], endless])
    found = findings(data, path)["reference_fails"]
    assert [row for row, _ in found["examples"]] == [2, 3]
    assert found["examples"][0][1].startswith("passes 1 of 2 tests; test 2 of 2: ")
