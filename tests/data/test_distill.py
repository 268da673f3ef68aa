"""Rejection sampling: one reason a sample, the best distinct few of a prompt, rows that `swift sft` reads."""

import json

import pytest
from typer.testing import CliRunner

from swift_grpo.commands.main import app
from swift_grpo.data.distill import Rule, distill, rule_of, trace_row
from swift_grpo.formats.rows import prompt_hash, prompt_of, read_rows
from swift_grpo.formats.samples import Sample
from tests.sampling.conftest import hosted  # noqa: F401

ROW = {"messages": [{"role": "user", "content": "What is 1 + 1?"}], "solution": "2", "level": 3}
NAME = prompt_hash(prompt_of(ROW))
BOTH = {"math_accuracy": 1.0, "r1_format": 1.0}


def drawn(index, text, finish="stop", tokens=10, name=NAME):
    return Sample(name, index, index, text, finish, 5, tokens, 0.1)


def right(thought, tokens=10, index=0):
    return drawn(index, f"<think>{thought}</think>\n<answer>2</answer>", tokens=tokens)


def reasons(samples, rule, row=ROW):
    return [trace.rejected for trace in distill([row], samples, rule, n=len(samples))]


def test_each_sample_has_one_reason():
    samples = [
        right("one and one"),
        drawn(1, "<think>so</think>\n<answer>3</answer>"),
        drawn(2, "The answer is \\boxed{2}"),
        drawn(3, "<think>2</think>\n<answer>2</answer>", finish="length"),
        drawn(4, " "),
        right("short", tokens=2, index=5),
        right("long " * 50, tokens=900, index=6),
        right("uncounted", tokens=None, index=7),
    ]
    rule = Rule(BOTH, best=3, shortest=5, longest=500)
    assert reasons(samples, rule) == [
        "",
        "math_accuracy below 1",
        "r1_format below 1",
        "cut off at --max-tokens",
        "empty",
        "below --shortest 5",
        "above --longest 500",
        "no token count from the server",
    ]


def test_a_gold_that_cannot_be_read_rejects_with_its_reason():
    assert reasons([right("a")], Rule(BOTH), ROW | {"solution": ""}) == ["math_accuracy left it out"]


def test_the_best_are_the_shortest_distinct_ones():
    samples = [
        right("long", 30, 0),
        right("mid", 20, 1),
        right("mid  ", 10, 2),
        right("mid", 20, 3),
        right("last", 25, 4),
    ]
    assert reasons(samples, Rule(BOTH, best=2)) == [
        "not among the best 2 of its prompt",
        "",
        "",
        "the same text as another",
        "not among the best 2 of its prompt",
    ]


def test_a_trace_is_a_row_of_sft_and_keeps_the_other_columns():
    (trace,) = distill([ROW], [right("one and one")], Rule(BOTH), 1)
    assert trace_row(trace) == {
        "messages": [
            *ROW["messages"],
            {"role": "assistant", "content": "<think>one and one</think>\n<answer>2</answer>"},
        ],
        "solution": "2",
        "level": 3,
        "reward": 2.0,
        "tokens": 10,
        "sample": 0,
    }


def test_a_thought_that_the_template_opened_and_an_answer_without_tags():
    samples = [drawn(0, "1 and 1</think>\n\nIt is \\boxed{2}.")]
    assert reasons(samples, Rule(BOTH)) == ["r1_format below 1"]
    (trace,) = distill([ROW], samples, Rule(BOTH, prefilled=True, wrap_answer=True), 1)
    assert (trace.rejected, trace.text) == ("", "<think>\n1 and 1</think>\n<answer>It is \\boxed{2}.</answer>")


def test_the_order_of_arrival_does_not_matter():
    other = {"query": "What is 2 + 0?", "solution": "2"}
    name = prompt_hash(prompt_of(other))
    samples = [right("a", index=0), right("b", index=1), drawn(0, "<think>c</think><answer>2</answer>", name=name)]
    whole = [[t.text, t.rejected] for t in distill([ROW, other], samples, Rule(BOTH), 2)]
    assert [[t.text, t.rejected] for t in distill([ROW, other], samples[::-1], Rule(BOTH), 2)] == whole


def test_requirements_that_cannot_be_read_or_computed():
    assert rule_of(["math_accuracy=1 r1_format=1", "think_format=0.5,xml_format"]).require == {
        "math_accuracy": 1.0,
        "r1_format": 1.0,
        "think_format": 0.5,
        "xml_format": 1.0,
    }
    with pytest.raises(ValueError, match="write NAME=LEAST"):
        rule_of(["math_accuracy=all"])
    with pytest.raises(ValueError, match="cannot be computed: no row has `solution`"):
        distill([{"query": "What is 1 + 1?"}], [right("a")], Rule({"math_accuracy": 1.0}), 1)


@pytest.fixture
def teacher(hosted, tmp_path):  # noqa: F811
    """A stub whose answers are right for half of the seeds, in the format for three of four."""

    def text(prompt, seed):
        answer = 2 if seed % 2 else 3
        return f"<think>{seed % 4}</think>\n<answer>{answer}</answer>" if seed % 4 else f"It is {answer}"

    hosted.stub.text = text
    rows = [{"query": f"What is {2 - i} + {i}?", "solution": "2"} for i in range(30)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ["data", "distill", str(tmp_path / "rows.jsonl"), "-o", str(tmp_path / "traces.jsonl"), "--model", "stub"]
    return [*words, "--url", hosted.url, "--samples", str(tmp_path / "samples"), "-n", "4"]


def test_the_command_writes_traces_rejected_ones_and_manifests(teacher, hosted, tmp_path):  # noqa: F811
    done = CliRunner().invoke(app, [*teacher, "--require", "math_accuracy=1,r1_format=1", "--best", "2"])
    assert done.exit_code == 0, done.output
    assert "60 traces of 120 samples (50.0%), for 30 of 30 prompts" in done.stdout
    traces, rejected = (list(read_rows(tmp_path / f"traces{kind}.jsonl")) for kind in ("", ".rejected"))
    assert (len(traces), len(rejected)) == (60, 60)
    assert {row["rejected"] for row in rejected} == {"math_accuracy below 1"}
    assert all(row["messages"][-1]["content"].endswith("<answer>2</answer>") for row in traces)
    manifest = json.loads((tmp_path / "traces.jsonl.manifest.json").read_text())
    assert (manifest["counts"], manifest["rejected"]) == (
        {"samples": 120, "rejected": 60, "output": 60},
        {"math_accuracy below 1": 60},
    )
    asked, before = hosted.stub.requests, (tmp_path / "traces.jsonl").read_bytes()
    again = CliRunner().invoke(app, [*teacher, "--require", "math_accuracy=1 r1_format=1", "--best", "2", "--json"])
    assert (hosted.stub.requests, (tmp_path / "traces.jsonl").read_bytes()) == (asked, before)
    assert json.loads(again.stdout)["kept"] == 60


def test_nothing_accepted_is_an_error_that_says_where_the_reasons_are(teacher, tmp_path):
    done = CliRunner().invoke(app, [*teacher, "--longest", "1"])
    assert done.exit_code == 2
    assert "traces.rejected.jsonl has the reasons" in done.stderr
    assert not (tmp_path / "traces.jsonl").exists()


def test_a_file_without_golds_is_refused_before_anything_is_sampled(teacher, hosted, tmp_path):  # noqa: F811
    (tmp_path / "rows.jsonl").write_text('{"query": "1 + 1?", "answer": "2"}\n')
    done = CliRunner().invoke(app, teacher)
    assert (done.exit_code, hosted.stub.requests) == (2, 0)
    assert "needs the column `solution`" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--require", "no_such_reward=1"], "there is no such reward"),
        (["--require", "math_accuracy=x"], "write NAME=LEAST"),
        (["--plugin", "nowhere.py"], "nowhere.py is not a Python file"),
        (["--", "--vllm_max_model_len", "9"], "a server at --url takes no flags"),
    ],
)
def test_mistakes_are_found_before_anything_is_sampled(teacher, hosted, words, said):  # noqa: F811
    done = CliRunner().invoke(app, [*teacher, *words])
    assert (done.exit_code, len(done.stderr.splitlines()), hosted.stub.requests) == (2, 1, 0)
    assert said in done.stderr


def test_a_trace_with_tools_keeps_their_descriptions_and_does_not_train_their_results():
    turns = [
        {"role": "assistant", "text": "I ask</tool_call>", "calls": [{"error": None, "seconds": 0.1}]},
        {"role": "tool", "text": "<tool_response>\n2\n</tool_response>"},  # it was a turn of the user
        {"role": "assistant", "text": "so</think> 2", "calls": []},
    ]
    one = Sample(NAME, 0, 0, "", "stop", 5, 10, 0.1, turns, "answer")
    cut = Sample(NAME, 1, 1, "", "stop", 5, 10, 0.1, turns[:1], "max_turns")
    rule = Rule(BOTH | {"tool_parsed": 1.0}, prefilled=True, wrap_answer=True)
    asked = [{"role": "system", "content": "the tools"}, *ROW["messages"]]
    good, bad = distill([ROW], [one, cut], rule, 2, {NAME: asked})
    assert (good.rejected, bad.rejected) == ("", "stopped by max_turns")
    assert trace_row(good)["messages"] == [
        *asked,
        {"role": "assistant", "content": "<think>\nI ask</tool_call>"},
        {"role": "assistant", "content": "\n<tool_response>\n2\n</tool_response>\n", "loss": False},
        {"role": "assistant", "content": "so</think>\n<answer>2</answer>"},
    ]
    assert prompt_of(trace_row(good)) == asked
