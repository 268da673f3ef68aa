"""Evaluations with tools: what is graded, what is shown, and the pair with and without."""

import json

import pytest
from grpo_tools.registry import TOOLS

from swift_grpo.evaluation import diff, evaluate
from swift_grpo.formats.samples import read_samples
from tests.evaluation.test_evaluate import run
from tests.sampling.test_tools import called

ROWS = [{"messages": [{"role": "user", "content": f"17 * {i}"}], "solution": str(17 * i)} for i in range(12)]


@pytest.fixture
def words(hosted, tmp_path):
    """`eval` of a model that is right without a calculator for one question in four."""

    def answers(prompt, seed):
        if "</tool_response>" in prompt:
            result = prompt.rpartition("<tool_response>\n")[2].partition("\n")[0]
            return f"</think>\n<answer>{result}</answer>"
        if seed % 2 == 0 and hosted.stub.asked[-1].get("stop"):
            return f"<think><tool_call>{called(prompt)}</tool_call>"
        return f"<think></think>\n<answer>{eval(prompt) if seed % 4 == 1 else 1}</answer>"

    hosted.stub.text, hosted.stub.owner = answers, "swift"
    (tmp_path / "sums.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return ["stub", "--url", hosted.url, "--data", str(tmp_path / "sums.jsonl"), "-n", "4"]


def test_with_and_without_a_tool_are_a_paired_comparison(words, tmp_path):
    without, used = tmp_path / "without", tmp_path / "with"
    assert run(*words, "-o", without, "--system", "Answer.").returncode == 0
    rewards = ["--rewards", "tool_parsed,math_accuracy"]
    done = run(*words, "-o", used, "--system", "Answer. {tools}", "--tools", "calculator", *rewards)
    assert done.returncode == 0, done.stderr
    assert "tools: calculator, at most 4 turns; ended by: 48 answer" in done.stdout
    summary = json.loads((used / "sums/summary.json").read_text())
    measures = summary["numbers"]["measures"]
    assert (measures["tool calls"]["value"], measures["tool errors"]["value"], measures["mean@4"]["value"]) == (
        0.5,
        0,
        0.75,
    )
    assert (measures["tool_parsed"]["value"], measures["math_accuracy"]["value"]) == (0.5, 0.75)
    assert (summary["parameters"]["tools"], summary["parameters"]["max_turns"]) == ("calculator", 4)
    shown = run("diff", without, used)
    assert shown.returncode == 0, shown.stderr
    assert (
        "compared with each other: no tools (A) and calculator, at most 4 turns (B); their system prompts differ too"
        in (" ".join(shown.stdout.split()))
    )
    (found,) = diff.compare_folders(without, used).values()
    assert (len(found.pairs), found.measures["mean@4"].value) == (12, 0.5)
    other = tmp_path / "other"
    assert run(*words, "-o", other, "--system", "Think. {tools}", "--tools", "calculator").returncode == 0
    with pytest.raises(ValueError, match="other system prompts"):
        diff.compare_folders(used, other)


def test_only_what_the_model_wrote_is_graded(hosted, tmp_path):
    """An answer that only the tool gave is none: the model stops behind the result."""
    hosted.stub.owner = "swift"
    hosted.stub.text = lambda p, seed: (
        " I see." if "</tool_response>" in p else f"<tool_call>{called('2 + 2')}</tool_call>"
    )
    (tmp_path / "sums.jsonl").write_text(
        "".join(f'{{"query": "{q}", "solution": "4"}}\n' for q in ("2 + 2?", "1 + 3?"))
    )
    done = run(
        "stub", "--url", hosted.url, "--data", tmp_path / "sums.jsonl", "-o", tmp_path / "e", "--tools", "calculator"
    )
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "e").glob("samples-*.jsonl")
    assert all("4\n</tool_response>" in one.completion for one in read_samples(path))
    line, _ = (tmp_path / "e/sums/grades.jsonl").read_text().splitlines()
    assert {one["reason"] for one in json.loads(line)["samples"]} == {"no answer"}


def test_a_watched_run_has_the_tools_that_it_trains_with(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "from grpo_tools import register_tool\n\n@register_tool\ndef thrice(n: int) -> int:\n    'Thrice.'\n    return 3 * n\n"
    )
    flags = {"multi_turn_scheduler": "tools", "max_turns": 3}
    flags["external_plugins"] = ["plugin/plugin.py", "plugin/tools.py", str(tmp_path / "mine.py")]
    (tmp_path / "args.json").write_text(json.dumps(flags))
    monkeypatch.setenv("TOOLS", "thrice calculator")
    for _ in range(2):  # once for each checkpoint
        assert evaluate.trained_tools(tmp_path) == {"tools": "thrice,calculator", "max_turns": 3}
    (tmp_path / "args.json").write_text("{}")
    assert evaluate.trained_tools(tmp_path) == {}
    del TOOLS["thrice"]
