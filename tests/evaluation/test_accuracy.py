"""Accuracy from what `swift infer` writes, and the story told of a run."""

import json

import pytest

from swift_grpo.evaluation import run_story
from swift_grpo.evaluation.infer_accuracy import accuracy, of_verdicts


def row(question: str, **more) -> str:
    return (
        json.dumps({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": question}]} | more)
        + "\n"
    )


def test_responses_are_matched_by_question_and_unreadable_golds_counted(tmp_path):
    golds = {"a": "1", "b": "2", "c": None, "d": "4"}
    (tmp_path / "q").write_text("".join(row(question, solution=gold) for question, gold in golds.items()))
    (tmp_path / "r").write_text(
        row("c", response="x") + row("b", response="<answer>2</answer>") + row("a", response="<answer>2\u2028</answer>")
    )
    measured = accuracy(tmp_path / "r", tmp_path / "q")
    assert (measured.correct, measured.estimate.questions, measured.ungraded, measured.unanswered) == (1, 2, 1, 1)
    assert str(measured).endswith("left out: 1 answers whose gold cannot be read, 1 questions without an answer")


def test_a_question_without_a_gold_is_an_error(tmp_path):
    (tmp_path / "q").write_text(row("a", solution="1"))
    (tmp_path / "r").write_text(row("b", response="1"))
    with pytest.raises(ValueError, match=r"is not in .*: b"):
        accuracy(tmp_path / "r", tmp_path / "q")


def measured(correct: int, n: int):
    return of_verdicts([str(i) for i in range(n)], [1.0] * correct + [0.0] * (n - correct))


def test_interval_holds_at_the_ends():
    assert measured(0, 120).estimate.low == 0.0
    assert measured(120, 120).estimate.high == 1.0
    assert 0.02 < measured(0, 120).estimate.high < 0.04
    with pytest.raises(ValueError, match="nothing could be graded"):
        measured(0, 0)


def test_a_question_answered_twice_is_one_question():
    once = of_verdicts(["a", "b", "c"], [1.0, 0.0, 1.0]).estimate
    twice = of_verdicts(["a", "b", "c"] * 2, [1.0, 0.0, 1.0] * 2).estimate
    assert (twice.low, twice.high) == (once.low, once.high)


def test_story_of_a_run(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    run = tmp_path / "v0-1"
    run.mkdir()
    (run / "args.json").write_text("{}")
    steps = [{"reward": i, "rewards/R1Format/mean": i / 9, "global_step/max_steps": f"{i}/9"} for i in range(1, 10)]
    (run / "logging.jsonl").write_text("".join(json.dumps(s) + "\n" for s in [*steps, {"train_runtime": 3}]))
    line = {"prompt": ["p", "p", "q"], "completion": ["a", "b", "\x1b[31mred\n"], "solution": ["1", "1", "2"]}
    (run / "completions.jsonl").write_text("".join(json.dumps({"step": [str(s)] * 3} | line) + "\n" for s in (1, 9)))
    assert run_story.newest_run(tmp_path) == run
    assert "R1Format" in run_story.reward_curve(run)
    first_and_last = run_story.first_and_last(run)
    assert list(first_and_last) == ["step 1", "step 9"]
    assert first_and_last["step 9"] == ["gold   1   a", "gold   2   \\x1b[31mred\\n"]
    table = run_story.accuracy_table({"before": measured(5, 10), "after": measured(10, 10)})
    assert "0.237 to 0.763" in table
