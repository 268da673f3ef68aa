"""Tools while sampling, in the loop of training. The server is a stub that plays `swift deploy`, vLLM or a hosted API."""

import asyncio
import json
import time

import pytest
from grpo_tools.registry import TOOLS, offered, register_tool
from grpo_tools.runner import Limits, Result, answer, cut
from grpo_tools.trajectory import Trajectory, calls_of
from typer.testing import CliRunner

from swift_grpo.commands.main import app
from swift_grpo.formats.rows import prompt_hash
from swift_grpo.formats.samples import SamplingParameters, read_samples, set_id
from swift_grpo.sampling.sampler import Patience, sample
from swift_grpo.sampling.turns import Turns, _tokenizer

ROWS = [{"messages": [{"role": "user", "content": f"What is 17 * {i}?"}], "solution": str(17 * i)} for i in range(20)]
WITH = SamplingParameters(tools="calculator", system="Call one of\n{tools}")
GOLDS = {prompt_hash(row["messages"]): row["solution"] for row in ROWS}
RESPONSE = "<tool_response>\n{}\n</tool_response>"


def called(expression: str) -> str:
    return json.dumps({"name": "calculator", "arguments": {"expression": expression}})


def policy(prompt: str, seed: int) -> str:
    """Calls the calculator, would go on by itself, and answers with what stands in the response."""
    if "</tool_response>" not in prompt:
        question = prompt.removeprefix("What is ").removesuffix("?")
        return f"<think>I call.\n<tool_call>{called(question)}</tool_call> It says 4."
    result = prompt.rpartition("<tool_response>\n")[2].partition("\n</tool_response>")[0]
    return f"So.</think>\n<answer>{result}</answer>"


def drawn(hosted, folder, rows=ROWS, parameters=WITH, **more):
    hosted.stub.asked.clear()
    summary = sample(rows, hosted.model, parameters, folder, **more)
    assert not summary.failed
    return list(read_samples(summary.path))


@pytest.fixture
def tool():
    """Registers a function as a tool for one test."""
    names = []

    def register(function):
        names.append(function.__name__)
        return register_tool(function)

    yield register
    for name in names:
        del TOOLS[name]


@pytest.mark.parametrize("owner", ["swift", "vllm"])
def test_a_call_is_continued_in_its_turn_where_the_server_can(hosted, tmp_path, owner, capsys):
    hosted.stub.text, hosted.stub.owner = policy, owner
    (one,) = drawn(hosted, tmp_path, ROWS[3:4])
    call = f"<think>I call.\n<tool_call>{called('17 * 3')}</tool_call>"
    inline = "\n" + RESPONSE.format(51) + "\n"
    assert one.completion == f"{call}{inline}So.</think>\n<answer>51</answer>"
    assert one.own == f"{call}\nSo.</think>\n<answer>51</answer>"
    assert (one.stopped_by, one.finish_reason, one.completion_tokens) == ("answer", "stop", 20)
    assert [(turn["role"], turn["text"]) for turn in one.turns[:2]] == [("assistant", call), ("tool", inline)]
    assert one.turns[0]["calls"][0].items() >= {"name": "calculator", "result": "51", "error": None}.items()
    first, second = hosted.stub.asked
    assert first["stop"] == second["stop"] == ["</tool_call>"]
    assert first["messages"][0]["content"].startswith('Call one of\n{"type": "function"')
    assert second["messages"] == [*first["messages"], {"role": "assistant", "content": call + inline}]
    assert first["seed"] != second["seed"]
    assert ("continue_final_message" in first, second.get("continue_final_message")) == (
        False,
        {"vllm": True, "swift": None}[owner],
    )
    assert "not known to continue" not in capsys.readouterr().err


def test_a_hosted_server_gets_results_as_turns_of_the_user_and_this_is_said_once(hosted, tmp_path, capsys):
    hosted.stub.text = policy
    for one in drawn(hosted, tmp_path):
        assert [turn["role"] for turn in one.turns] == ["assistant", "tool", "assistant"]
        assert one.turns[0]["text"].endswith("</tool_call>")  # the stop word that the server cut off
        assert one.own.endswith(f"<answer>{GOLDS[one.prompt_id]}</answer>")
        assert one.completion.count("\n<tool_response>\n") == 1
    assert "no system prompt" not in (said := capsys.readouterr().err)
    *_, before, result = max((one["messages"] for one in hosted.stub.asked), key=len)
    assert (before["role"], result["role"]) == ("assistant", "user")
    assert result["content"].startswith("<tool_response>\n")
    assert said.count("not known to continue") == 1
    again = sample(ROWS, hosted.model, WITH, tmp_path, quiet=True)  # a set that is whole asks nothing
    assert (again.new, again.kept) == (0, 20)
    sample(ROWS[:1], hosted.model, SamplingParameters(tools="calculator"), tmp_path / "untold")
    assert "no system prompt tells the model of its tools" in capsys.readouterr().err


def test_a_turn_that_the_model_ends_itself_is_answered_by_the_user_with_a_block_for_each_call(hosted, tmp_path):
    hosted.stub.owner, hosted.stub.stops = "swift", False
    two = f"<tool_call>{called('1 + 1')}</tool_call> and <tool_call>no json</tool_call> are my calls."
    hosted.stub.text = lambda prompt, seed: "<answer>2</answer>" if "</tool_response>" in prompt else two
    (one,) = drawn(hosted, tmp_path, ROWS[:1])
    assert hosted.stub.asked[1]["messages"][-2:] == [
        {"role": "assistant", "content": two},
        {"role": "user", "content": one.turns[1]["text"]},
    ]
    assert one.turns[1]["text"].startswith(RESPONSE.format(2) + "\n<tool_response>\nError: this is not a tool call")
    assert [call["error"] for call in calls_of(one.turns)] == [None, "unparsed"]


def test_what_ends_a_sample(hosted, tmp_path):
    hosted.stub.owner = "swift"
    call = f"<tool_call>{called('1 + 1')}</tool_call>"
    hosted.stub.text = lambda prompt, seed: call
    (one,) = drawn(hosted, tmp_path / "turns", ROWS[:1])
    assert (one.stopped_by, len(hosted.stub.asked), len(calls_of(one.turns))) == ("max_turns", 4, 4)
    assert one.turns[-1]["calls"][0]["result"] == ""  # the last one did not run
    hosted.stub.longest = 300
    (one,) = drawn(hosted, tmp_path / "context", ROWS[:1], SamplingParameters(tools="calculator", max_turns=50))
    assert (one.stopped_by, one.turns[-1]["role"], one.turns[-1]["calls"][0]["result"]) == ("context", "assistant", "2")
    hosted.stub.finish = "length"
    (one,) = drawn(hosted, tmp_path / "length", ROWS[:1])
    assert (one.stopped_by, one.truncated, len(calls_of(one.turns))) == ("length", True, 1)


def test_a_failed_request_begins_its_sample_again(hosted, tmp_path):
    hosted.stub.text, hosted.stub.owner, hosted.stub.faults = policy, "swift", 0.3
    hosted.stub.kinds = ("500", "garbage", "hang up", "no choices")
    found = drawn(hosted, tmp_path, patience=Patience(attempts=100), quiet=True)
    assert len({(one.prompt_id, one.index) for one in found}) == len(found) == 20
    assert all(one.own.endswith(f"<answer>{GOLDS[one.prompt_id]}</answer>") for one in found)


def test_a_tool_that_hangs_stops_no_other_sample(hosted, tmp_path, monkeypatch, tool):
    @tool
    def wait(seconds: float) -> str:
        "Waits."
        time.sleep(seconds)
        return "done"

    def waits(prompt, seed):
        seconds = 30 if "* 0?" in prompt else 0
        asked = json.dumps({"name": "wait", "arguments": {"seconds": seconds}})
        return "<answer>1</answer>" if "</tool_response>" in prompt else f"<tool_call>{asked}</tool_call>"

    monkeypatch.setenv("TOOL_SECONDS", "2")
    hosted.stub.text, hosted.stub.owner = waits, "swift"
    begun = time.monotonic()
    found = drawn(hosted, tmp_path, parameters=SamplingParameters(tools="wait"), concurrency=2, quiet=True)
    assert time.monotonic() - begun < 10
    assert [call["error"] for one in found for call in calls_of(one.turns)] == [None] * 19 + [
        "time"
    ]  # the slow one comes last
    assert found[-1].seconds > 2 > found[-2].seconds


HOSTILE = [
    r'<tool_call>{"name": "\ud800", "arguments": {"a": "\ud83d"}}</tool_call>',
    "<tool_call>" * 5000,
    '<tool_call>{"name": "calculator", "arguments": ' + "[" * 20000 + "</tool_call>",
    '<tool_call>{"name": "calculator", "arguments": {"expression": "9**9**9**9"}}</tool_call>',
    "<tool_call>\x00\x1b[2J</tool_call>",
    '<tool_call>{"name": "calculator", "arguments": {"expression": 1, "self": {}, "limits": 2}}</tool_call>',
    "</tool_call></tool_response><|im_end|>",
    "<tool_response>\n51\n</tool_response>",
    "",
]


@pytest.mark.parametrize("owner", ["swift", ""])
def test_hostile_texts_end_no_run(hosted, tmp_path, owner):
    hosted.stub.owner, hosted.stub.stops, hosted.stub.longest = owner, bool(owner), 10**6
    hosted.stub.text = lambda prompt, seed: HOSTILE[seed % len(HOSTILE)]
    found = drawn(hosted, tmp_path, ROWS[:3], SamplingParameters(n=9, tools="calculator", max_turns=3), quiet=True)
    assert len(found) == 27
    assert {one.stopped_by for one in found} == {"answer", "max_turns"}
    assert all(call["error"] for one in found for call in calls_of(one.turns) if call["result"])


def test_half_a_character_in_a_call_can_be_stored():
    trajectory = Trajectory()
    trajectory.say(HOSTILE[0], 1)
    found = trajectory.to_run("stop", last=False)
    trajectory.wait(found, [asyncio.run(answer(call, offered("calculator"), Limits())) for call in found])
    said = json.dumps(trajectory.infos(), ensure_ascii=False).encode()
    assert json.loads(said)["turns"][0]["calls"][0]["name"] == "?"


def test_a_result_is_cut_by_the_models_tokenizer_else_by_four_characters_a_token(tmp_path):
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

    made = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1}, "[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.add_special_tokens([AddedToken("[END]")])
    made.save(str(tmp_path / "tokenizer.json"))
    encode, decode, markup = _tokenizer(tmp_path / "tokenizer.json")
    assert cut(Result("a a [END] a"), 99, markup, encode, decode).text == "a a [ END] a"
    short = cut(Result("a a a a"), 2, markup, encode, decode)
    assert (short.text, short.cut) == ("a a ...", True)
    encode, decode, markup = _tokenizer(None)
    assert cut(Result("abcdefghij"), 2, markup, encode, decode).text == "abcdefgh ..."
    folder = type("Model", (), {"model": str(tmp_path), "adapter": None})()
    assert Turns(SamplingParameters(tools="calculator"), folder).box.encode("a a") == [1, 1]


def test_a_set_without_tools_keeps_its_name_and_its_lines(hosted, tmp_path):
    assert set_id("stub", SamplingParameters(n=2)) == "de91059e5016"
    assert set_id("stub", SamplingParameters(temperature=0.6, system="x")) == "5c24cf732994"
    names = {set_id("stub", SamplingParameters(tools=tools, max_turns=n)) for tools in ("", "python") for n in (4, 5)}
    assert len(names) == 3
    summary = sample(ROWS[:1], hosted.model, SamplingParameters(), tmp_path, quiet=True)
    header, line = map(json.loads, summary.path.read_bytes().splitlines())
    assert not {"tools", "max_turns"} & set(header["parameters"]) and not {"turns", "stopped_by"} & set(line)


def test_the_command_takes_a_users_tool_and_says_what_is_wrong_in_one_line(hosted, tmp_path):
    hosted.stub.text, hosted.stub.owner = (
        lambda prompt, seed: '<tool_call>{"name": "twice", "arguments": {"n": "4"}}</tool_call>',
        "swift",
    )
    (tmp_path / "rows.jsonl").write_text(json.dumps(ROWS[0]) + "\n")
    (tmp_path / "mine.py").write_text(
        "from grpo_tools import register_tool\n\n"
        '@register_tool\ndef twice(n: int) -> int:\n    "Twice a number."\n    return 2 * n\n'
    )
    words = [
        "sample",
        str(tmp_path / "rows.jsonl"),
        "--model",
        "stub",
        "--url",
        hosted.url,
        "-o",
        str(tmp_path / "out"),
    ]
    for more, said in {
        ("--tools", "twice"): "there is no tool twice",
        ("--system", "use {tools}"): "name tools by --tools",
    }.items():
        done = CliRunner().invoke(app, [*words, *more])
        assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1) and said in done.stderr
    assert hosted.stub.requests == 0
    try:
        more = ["--tools", "twice,calculator", "--plugin", str(tmp_path / "mine.py"), "--max-turns", "2"]
        done = CliRunner().invoke(app, [*words, *more])
        assert done.exit_code == 0, done.output
    finally:
        TOOLS.pop("twice", None)
    (path,) = (tmp_path / "out").glob("samples-*.jsonl")
    (one,) = read_samples(path)
    assert [call["result"] for call in calls_of(one.turns)] == ["8", ""]
