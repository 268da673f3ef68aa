"""Raw rows of code sets become {messages, tests, solution?}; what cannot be used is left out and counted."""

import json

import pytest
from grpo_rewards import code_rows

from swift_grpo.data import code_sets, remote
from tests.conftest import DATA
from tests.data import code_examples
from tests.data.conftest import read_jsonl, write_jsonl


def prepared(data, tmp_path, preset: str, rows: list[dict], *options) -> list[dict]:
    write_jsonl(tmp_path / "raw.jsonl", rows)
    data("prepare", preset, "--from", "raw.jsonl", "-o", "out.jsonl", *options)
    return read_jsonl(tmp_path / "out.jsonl")


def cases(row: dict) -> list:
    return json.loads(row["tests"])["cases"]


def asked(row: dict) -> str:
    (turn,) = row["messages"]
    return turn["content"]


def test_open_r1s_rows_keep_their_question_and_lose_their_fence(data, tmp_path):
    square, add = prepared(data, tmp_path, "verifiable-coding", code_examples.OPEN_R1)
    assert asked(square) == code_examples.OPEN_R1[0]["problem_statement"]
    assert (square["solution"], add["solution"]) == (code_examples.SQUARE.strip(), "def add(a, b):\n    return a + b")
    assert cases(square) == [{"input": "3\n", "output": "9\n"}, {"input": "-2\n", "output": "4\n"}]
    assert list(square) == ["messages", "solution", "tests", "source", "problem_id", "metadata"]
    assert json.loads(add["tests"])["function"] == "add"


def test_rows_that_no_reward_can_judge_are_counted_by_their_reason(data, tmp_path):
    write_jsonl(tmp_path / "raw.jsonl", code_examples.OPEN_R1)
    said = json.loads(data("prepare", "raw.jsonl", "-o", "out.jsonl", "--json").stdout)
    assert said["dropped"] == {
        "tests that cannot be read: its language is cpp; only Python is run": 1,
        "tests that cannot be read: it has no tests": 1,
        "tests that cannot be read: it is not JSON": 1,
        "no tests": 1,
        "no question": 1,
    }
    assert "verification_info" in read_jsonl(tmp_path / "out.dropped.jsonl")[0]


def test_apps_and_taco_have_a_reference_that_python_3_reads_and_say_where_the_input_is(data, tmp_path):
    square, total, double = prepared(data, tmp_path, "apps", code_examples.APPS)
    assert square["solution"] == code_examples.SQUARE and "solution" not in double
    assert asked(square).endswith("print its square.\n\nRead the input from standard input and print the output.")
    assert asked(total).endswith(f"Start from this code:\n\n```python\n{code_examples.TOTAL}\n```")
    assert asked(double).endswith("Name the function `double`.")
    assert "input_output" not in square and square["difficulty"] == "introductory"
    (same,) = prepared(data, tmp_path, "taco", code_examples.TACO)
    assert (asked(same), same["tests"]) == (asked(square), square["tests"])


def test_livecodebench_has_its_private_tests_and_no_reference(data, tmp_path):
    square, total = prepared(data, tmp_path, "livecodebench", code_examples.LIVE)
    assert [case["output"] for case in cases(square)] == ["9\n", "144\n"]
    assert [case["output"] for case in cases(total)] == [3, 0]
    assert "solution" not in square and "private_test_cases" not in square and square["question_id"] == "own_a"


def test_a_humaneval_reference_is_the_whole_program(data, tmp_path):
    widest, back = prepared(data, tmp_path, "humaneval", code_examples.HUMAN_EVAL)
    names: dict = {}
    exec(widest["solution"], names)  # the row is this file's own
    assert names["widest"](["add", "sub"]) == "sub"
    assert asked(widest).endswith('\'sub\'\n    """\n```')
    assert "def turned(" in json.loads(back["tests"])["preamble"]


def test_an_mbpp_question_shows_the_name_and_one_test_only(data, tmp_path):
    (framed,) = prepared(data, tmp_path, "mbpp", code_examples.MBPP)
    assert "assert framed('abba or dad') == 2" in asked(framed) and "framed('')" not in asked(framed)
    assert len(cases(framed)) == 2 and "\r" not in framed["solution"]
    (diagonal,) = prepared(data, tmp_path, "mbpp-sanitized", code_examples.SANITIZED)
    assert json.loads(diagonal["tests"])["setup"] == "import math"


def test_prepared_rows_stay_the_same_when_they_are_prepared_again(data, tmp_path):
    rows = prepared(data, tmp_path, "apps", code_examples.APPS)
    data("prepare", "out.jsonl", "-o", "again.jsonl", "--drop", "duplicates", "--drop", "unreadable")
    assert read_jsonl(tmp_path / "again.jsonl") == rows


def test_a_cold_start_answers_with_the_reference_in_a_block(data, tmp_path):
    square, total = prepared(data, tmp_path, "apps", code_examples.APPS, "--sft")  # the third has no reference
    assert square["messages"][-1] == {"role": "assistant", "content": f"```python\n{code_examples.SQUARE}```"}
    assert total["messages"][-1]["content"].startswith("```python\nclass Solution:")


def test_tests_of_ones_own_become_canonical(data, tmp_path):
    row = {"query": "Add.", "checks": ["assert add(1, 2) == 3"]}
    write_jsonl(tmp_path / "raw.jsonl", [row])
    data("prepare", "raw.jsonl", "-o", "out.jsonl", "--columns", '{"checks": "tests"}')
    (row,) = read_jsonl(tmp_path / "out.jsonl")
    assert row["tests"] == '{"kind": "assert", "cases": ["assert add(1, 2) == 3"]}'


def test_a_row_whose_tests_would_fill_the_reader_is_left_out():
    case = {"input": "x" * code_sets.LONGEST_TESTS, "output": ""}
    with pytest.raises(ValueError, match="tests above 4 MB"):
        code_sets.standard({"query": "Q", "tests": {"kind": "stdin", "cases": [case]}})


@pytest.mark.parametrize("programs", ["[" * 100_000, "[1, null]", 7, {"a": 1}, "def", "\x00", "```python\nx = 1"])
def test_a_hostile_reference_is_none(programs):
    row = code_examples.APPS[0] | {"solutions": programs}
    assert "solution" not in code_sets.standard(row)


def test_a_set_with_a_script_is_read_from_its_files(monkeypatch):
    import datasets

    asked = {}
    monkeypatch.setattr(datasets, "load_dataset", lambda kind, **given: asked.update(given, kind=kind) or [])
    list(remote.rows("BAAI/TACO", "ALL/{split}-*.parquet", "test", hf=True))
    assert (asked["kind"], asked["data_files"]) == ("parquet", "hf://datasets/BAAI/TACO/ALL/test-*.parquet")
    with pytest.raises(ValueError, match="set USE_HF=1, or download a file and use --from FILE"):
        list(remote.rows("BAAI/TACO", "ALL/{split}-*.parquet", "test", hf=False))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("preset", "file", "rows"),
    [
        ("humaneval", "HumanEval.jsonl.gz", 164),
        ("mbpp", "mbpp.jsonl", 974),
        ("mbpp-sanitized", "sanitized-mbpp.json", 427),
    ],
)
def test_every_row_of_the_real_sets_has_tests_and_a_reference(data, tmp_path, preset, file, rows):
    if not (DATA / file).is_file():
        pytest.skip(f"{file} is not in {DATA}")
    data("prepare", preset, "--from", DATA / file, "-o", "out.jsonl")
    found = read_jsonl(tmp_path / "out.jsonl")
    assert len(found) == rows and all(row["solution"] for row in found)
    assert {code_rows.read(row["tests"]).kind for row in found} == {"assert"}
