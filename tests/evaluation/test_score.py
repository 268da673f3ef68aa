"""`swift-grpo score`: rewards over completions that are there already."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from swift_grpo.evaluation import score


def run(*arguments: object) -> subprocess.CompletedProcess:
    command = [Path(sys.executable).with_name("swift-grpo"), "score", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/bin", "COLUMNS": "120"})


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "completions.jsonl"
    line = {
        "step": ["1", "1"],
        "prompt": ["1+1?", "1+1?"],
        "completion": ["<think>a</think><answer>2</answer>", "<answer>3</answer>\x1b[31m"],
        "solution": ["2", "2"],
        "AnswerAccuracy": [1.0, float("nan")],
    }
    path.write_text(json.dumps(line) + "\n" + "{torn\n" + '{"completion": ["a"')
    return path


def test_a_log_in_columns_with_nan_and_torn_lines(log):
    done = run("--json", "--rewards", "math_accuracy,r1_format,math_cosine", log)
    assert done.returncode == 0, done.stderr
    accuracy, form, cosine = map(json.loads, done.stdout.splitlines())
    assert (accuracy["n"], accuracy["mean"], accuracy["none"]) == (2, 0.5, 0)
    assert form["mean"] == 0.5
    assert cosine["skipped"] == "no row has `response_token_ids`"
    assert "2 lines" in done.stderr


def test_the_table_shows_the_oddest_without_control_characters(log):
    done = run("--rewards", "math_accuracy", log)
    assert "math_accuracy" in done.stdout
    assert "gold 2" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "row",
    [
        {"completion": "2", "solution": "2"},
        {"response": "2", "solution": "2"},
        {"messages": [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}], "solution": "2"},
    ],
)
def test_rows_of_a_data_set(tmp_path, row):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    rows, unreadable = score.read(path)
    assert (rows[0]["completion"], unreadable) == ("2", 0)
    assert score.score(rows, ["math_accuracy"], {})[0].values == [1.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rewards", "nothing", "LOG"], "there is no reward nothing"),
        (["none.jsonl"], "none.jsonl"),
        (["--plugin", "none.py", "LOG"], "none.py is no Python file"),
        (["--rewards", "math_cosine", "--flag", "cosine_max_len=0", "LOG"], "max_len is 0"),
    ],
)
def test_mistakes_end_with_one_line_and_code_2(log, arguments, message):
    done = run(*(log if a == "LOG" else a for a in arguments))
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) <= 2  # the torn lines, and this


def test_a_file_without_completions(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"solution": "2"}\n')
    done = run(path)
    assert (done.returncode, "has no completions" in done.stderr) == (2, True)
