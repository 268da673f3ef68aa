"""`swift-grpo eval MODEL`: what stands in its folder, again and after a kill, and what it leaves out and names."""

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from swift_grpo.commands import main
from swift_grpo.evaluation import evaluate, grades
from swift_grpo.sampling.servers import Served
from tests.conftest import complete_checkpoint
from tests.evaluation.conftest import question_set


def run(*arguments: object) -> SimpleNamespace:
    """`swift-grpo eval …` in this process."""
    done = CliRunner().invoke(main.app, ["eval", *map(str, arguments)], env={"COLUMNS": "140"})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return SimpleNamespace(returncode=done.exit_code, stdout=done.stdout, stderr=done.stderr)


def test_the_folder_explains_itself(evaluated):
    folder = evaluated("a", 0.9)
    summary = json.loads((folder / "set/summary.json").read_text())
    numbers, questions = summary["numbers"], grades.read(folder / "set/grades.jsonl")
    assert (numbers["questions"], numbers["samples"], len(questions)) == (40, 160, 40)
    assert sum(numbers["reasons"].values()) == 160
    assert set(numbers["reasons"]) == {"right", "wrong", "no answer"}
    measures = numbers["measures"]
    assert list(measures) == ["mean@4", "pass@2", "pass@4", "maj@4", "tokens", "cut off"]
    rates = [sum(one.verdicts) / 4 for one in questions]
    assert measures["mean@4"]["value"] == pytest.approx(sum(rates) / 40)
    assert measures["mean@4"]["value"] <= measures["pass@2"]["value"] <= measures["pass@4"]["value"]
    assert measures["pass@4"]["value"] == pytest.approx(sum(rate > 0 for rate in rates) / 40)
    assert {"model", "data", "prompts", "parameters", "grader", "versions", "samples"} <= summary.keys()
    assert "mean@4" in (folder / "set/summary.md").read_text()


def test_a_second_run_asks_nothing_and_more_samples_go_on(evaluated, hosted):
    evaluated("a", 0.9)
    asked = hosted.stub.requests
    before = (evaluated("a", 0.9) / "set/grades.jsonl").read_bytes()
    assert hosted.stub.requests == asked
    folder = evaluated("a", 0.9, n=6)
    assert hosted.stub.requests == asked + 80
    assert len(grades.read(folder / "set/grades.jsonl")[0].samples) == 6
    assert (evaluated("a", 0.9, n=4) / "set/grades.jsonl").read_bytes() == before


def test_golds_that_cannot_be_read_are_left_out_and_named(evaluated, tmp_path):
    rows = [json.loads(line) for line in question_set(tmp_path / "set.jsonl").read_text().splitlines()]
    rows[3]["solution"] = None
    (tmp_path / "some.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, rows[5]]))
    folder = evaluated("a", 0.9, sets={"some": tmp_path / "some.jsonl"})
    numbers = json.loads((folder / "some/summary.json").read_text())["numbers"]
    assert numbers["questions"] == 40  # the one that stands there twice is one
    assert numbers["left_out"] == {"questions whose gold cannot be read": 1}
    assert numbers["measures"]["mean@4"]["questions"] == 39


def test_two_sets_and_rewards(evaluated, tmp_path, hosted):
    second = question_set(tmp_path / "second.jsonl", 10)
    folder = evaluated("a", 0.9, sets={"first": question_set(tmp_path / "first.jsonl"), "second": second})
    assert {path.parent.name for path in folder.glob("*/summary.json")} == {"first", "second"}
    done = run(
        "stub", "--url", hosted.url, "--data", second, "-o", tmp_path / "b", "--rewards", "r1_format", "--json", "-n", 2
    )
    assert done.returncode == 0, done.stderr
    (summary,) = json.loads(done.stdout)
    assert 0.8 < summary["numbers"]["measures"]["r1_format"]["value"] <= 1
    shown = run("stub", "--url", hosted.url, "--data", second, "-o", tmp_path / "b", "-n", 2)
    assert "mean@2" in shown.stdout
    assert "20 samples" not in shown.stdout
    assert "\x1b" not in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["MODEL", "--data", "none.jsonl"], "none.jsonl"),
        (["./nowhere", "--data", "SET"], "./nowhere does not exist"),
        (["FOLDER", "--data", "SET"], "no checkpoint below"),
        (["stub", "--data", "EMPTY", "--url", "http://127.0.0.1:9/v1"], "has no golds"),
        (["stub", "--data", "TORN", "--url", "http://127.0.0.1:9/v1"], "could not be read"),
        (["stub", "--data", "TWO", "--url", "URL"], "two golds"),
        (["stub", "--data", "SET", "--data", "SET"], "two sets with the same name"),
        (["stub", "--data", "SET", "--url", "URL", "--rewards", "nothing"], "there is no reward nothing"),
        (["stub", "--data", "SET", "--url", "nowhere"], "is not an address"),
        (["stub", "--data", "SET", "--url", "URL", "--top-p", "2"], "--top-p 2"),
        (["other", "--data", "SET", "--url", "URL"], "other"),
    ],
)
def test_mistakes_end_with_clear_errors_and_code_2(arguments, message, tmp_path, hosted):
    question_set(tmp_path / "set.jsonl", 3)
    row = {"messages": [{"role": "user", "content": "Say 1 of 2"}]}
    for name, lines in {"empty": [row], "two": [row | {"solution": "1"}, row | {"solution": "2"}]}.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "torn.jsonl").write_text(json.dumps(row | {"solution": "1"}) + "\n{torn\n")
    (tmp_path / "folder").mkdir()
    places = {name.upper(): tmp_path / f"{name}.jsonl" for name in ("set", "empty", "two", "torn")}
    places |= {"FOLDER": tmp_path / "folder", "URL": hosted.url}
    done = run(*(places.get(word, word) for word in arguments), "-o", tmp_path / "out")
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("swift-grpo: ")]) <= 2


def test_what_model_names(tmp_path):
    run_folder = tmp_path / "run/v0-1"
    full, adapter = run_folder / "checkpoint-5", run_folder / "checkpoint-10"
    for folder in (full, adapter):
        complete_checkpoint(folder)
    (full / "config.json").write_text("{}")
    (adapter / "adapter_config.json").write_text('{"base_model_name_or_path": "Qwen/base"}')
    how = Served("", copies=2, device="cpu")
    assert evaluate.model_of(str(full), (), how) == Served(str(full), copies=2, device="cpu")
    assert evaluate.model_of(str(adapter)) == Served("Qwen/base", str(adapter))
    assert evaluate.model_of(str(tmp_path / "run")) == Served("Qwen/base", str(adapter))  # the newest
    assert evaluate.model_of("Qwen/base") == Served("Qwen/base")
    (adapter / "adapter_config.json").write_text("{}")
    with pytest.raises(ValueError, match="names no base model"):
        evaluate.model_of(str(adapter))


@pytest.mark.slow  # programs run
def test_programs_are_graded_by_their_tests(hosted, tmp_path):
    """`print(n)` is right for question n; the questions have a program as gold, or none."""
    rows = [
        {
            "messages": [{"role": "user", "content": f"Print {n}"}],
            "tests": json.dumps({"kind": "stdin", "cases": [{"input": "", "output": str(n)}]}),
            **({"solution": f"print({n})"} if n else {}),
        }
        for n in range(4)
    ]
    (tmp_path / "code.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    hosted.stub.text = lambda prompt, seed: (
        "no" if "Print 3" in prompt else "<think>?</think>\n```python\nprint(1)\n```"
    )
    arguments = ["stub", "--url", hosted.url, "--data", tmp_path / "code.jsonl", "-o", tmp_path / "out", "-n", 2]
    done = run(*arguments, "--rewards", "code_tests", "--json")
    assert done.returncode == 0, done.stderr
    numbers = json.loads(done.stdout)[0]["numbers"]
    assert numbers["reasons"] == {"right": 2, "wrong": 4, "no answer": 2}
    measures = {name: one["value"] for name, one in numbers["measures"].items()}
    assert measures["mean@2"] == measures["pass@2"] == measures["code_tests"] == 0.25 and "maj@2" not in measures
