"""`swift-grpo story --watched`: what a run's evaluations wrote to one question."""

import json

import pytest

from swift_grpo.evaluation.run_story import followed


@pytest.fixture
def run(tmp_path):
    """A log whose evaluation of one question stands between training steps."""
    lines = [
        (0, "What is 2 + 3?", ["no", "4"]),
        (1, "What is 9 + 9?", ["18", "18"]),
        (8, "What is 2 + 3?", ["2 + 3 = 5.", "5"]),
    ]
    with (tmp_path / "completions.jsonl").open("w") as file:
        for step, question, answers in lines:
            prompt = f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
            line = {"step": [str(step)] * 2, "prompt": [prompt] * 2, "completion": answers, "advantages": [0.0] * 2}
            file.write(json.dumps(line) + "\n")
    return tmp_path


def watched(folder, question):
    row = {"messages": [{"role": "user", "content": question}], "solution": "5"}
    (folder / "watched.jsonl").write_text(json.dumps(row) + "\n")
    return folder / "watched.jsonl"


def test_a_line_a_step_with_how_many_were_right(run):
    lines = followed(run, watched(run, "What is 2 + 3?"))
    assert [line.split()[:5] for line in lines[1:]] == [["step", "0", "0", "of", "2"], ["step", "8", "2", "of", "2"]]
    assert lines[2].endswith("2 + 3 = 5.")


def test_a_question_that_the_log_does_not_have(run):
    with pytest.raises(ValueError, match="has no completion of 'What is 1 \\+ 1\\?'"):
        followed(run, watched(run, "What is 1 + 1?"))
