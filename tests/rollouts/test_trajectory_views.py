"""Trajectories in the terminal, the tui and grep; and that a run without the file looks as it did."""

import io
import json
import shutil

import pandas as pd
import pytest
from rich.console import Console
from rich.text import Text
from textual.widgets import Static
from typer.testing import CliRunner

from swift_grpo.commands.inspect import app
from swift_grpo.printable import clean
from swift_grpo.rollouts.completion_text import Look, completion_text
from swift_grpo.rollouts.facts import browse
from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.terminal import group_view
from swift_grpo.rollouts.tui.app import Inspector
from tests.rollouts.tools_run import stories, tool_lines, write_tools_run

pytestmark = pytest.mark.slow
WORDS = ("not a call in JSON", "no such tool", "wrong arguments", "the tool raised", "over the time limit")


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_tools_run(tmp_path_factory.mktemp("runs") / "tools")


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")


def inspect(*arguments, code=0) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exit_code == code, result.output + str(result.exception)
    return result.stdout


@pytest.mark.parametrize("step", [1, 2])
def test_show_folds_calls_and_results_and_names_errors(run, step):
    text = " ".join((inspect("show", f"{step}:0", run) + inspect("show", f"{step}:1", run)).split())
    assert '▸ calculator {"expression": "17 * 24"} → 408 · 0.012 s' in text.replace("\u00a0", " ")
    assert all(f"error: {one}" in text for one in WORDS) and "result cut" in text
    assert all(f"stopped by {one}" in text for one in ("answer", "length", "max_turns", "context"))
    assert "9 tokens masked" in text and "28 tokens sampled" in text
    assert "<tool_call>" not in text and "<tool_response>" not in text and "[thought, " in text


def test_show_unfolds_with_thought(run):
    text = inspect("show", "2:1:1", run, "--thought")
    assert "while True:\n    pass\n" in text and "<tool_response>\nstopped after 10 s\n" in text
    assert "→ 1 squared is 1\n2 squared is 4\n" in text and "39 squared is 1521" in text  # no turn followed that one
    assert "<think>A loop.</think>" in text and "<tool_call>" not in text


def test_the_prompt_is_the_one_that_the_group_shares(run):
    """Where a result is a turn of the user, ms-swift logs the earlier turns as the prompt."""
    for where in ("1:0", "2:0"):
        head = inspect("show", where, run).split("╭")[0]
        assert "What is 17 times 24?" in head and "tool_response" not in head and "assistant" not in head
    assert "Guess my number 1." in inspect("show", "3:1", run).split("╭")[0]
    assert inspect("show", "2", run).count("What is") == 2
    rows = json.loads(inspect("prompts", run, "--json"))
    assert [row["steps"] for row in rows if "17 times" in row["prompt"]] == [[1, 2]]


def test_colours_are_not_needed(run):
    with open_index(run) as index:
        for plain in (True, False):
            out = io.StringIO()
            console = Console(width=200, force_terminal=True, no_color=plain, file=out)
            group_view.show(console, index, "1:0:3", False)
            shown = out.getvalue()
            assert ("31m error: the tool raised" in shown) != plain and "error: the tool raised" in shown
            assert ("31mstopped by max_turns" in shown) != plain and "stopped by max_turns" in shown


def test_json_has_the_whole_trajectory(run):
    rows = json.loads(inspect("show", "1:1", run, "--json"))
    calls = [one for turn in rows[1]["trajectory"]["turns"] for one in turn["calls"]]
    assert [one["error"] for one in calls] == ["time", ""] and calls[1]["result"].endswith("39 squared is 1521")
    assert [("trajectory" in row) for row in json.loads(inspect("show", "3:1", run, "--json"))] == [True] * 3 + [False]


def test_the_final_answer_is_marked_where_it_was_said_and_not_in_a_result(run):
    with open_index(run) as index:
        [text] = index.texts([0])
        shown = completion_text(text, Look("bold reverse", "bold red", True, clean))
    marks = [shown.plain[span.start - 8 : span.end] for span in shown.spans if "reverse" in str(span.style)]
    assert marks == ["<answer>408"]


def found_by(pattern: str, run, *options) -> list[str]:
    return [row["where"] for row in json.loads(inspect("grep", pattern, run, "--json", *options))]


def test_grep_finds_calls_results_and_errors_once_a_completion(run):
    assert found_by("over the time limit", run) == ["1:1:1", "2:1:1"]
    assert found_by("error: ", run) == [
        "1:0:1",
        "1:0:2",
        "1:0:3",
        "1:1:0",
        "1:1:1",
        "2:0:1",
        "2:0:2",
        "2:0:3",
        "2:1:0",
        "2:1:1",
    ]
    assert found_by(r"39 \* 40", run) == ["1:1:2", "2:1:2"]
    assert found_by("38 SQUARED IS 1444", run, "-i") == ["1:1:1", "2:1:1"]
    assert found_by("stopped by max_turns", run) == ["1:0:3", "2:0:3"]
    assert found_by("is too low", run) == ["3:0:0", "3:0:1", "3:0:2", "3:0:3", "3:1:0", "3:1:1", "3:1:2"]
    assert found_by("408", run) == ["1:0:0", "1:0:1", "2:0:0", "2:0:1"]
    assert inspect("grep", "-c", "ZeroDivisionError", run).strip() == "2"
    assert "error: no such tool" in inspect("grep", "no such tool", run)


@pytest.mark.anyio
async def test_the_tui_shows_turns_and_t_unfolds_them(run):
    with open_index(run) as index:
        tui = Inspector(index)
        async with tui.run_test(size=(140, 40)) as pilot:
            await pilot.press("g", "2", "enter", "j")
            await pilot.pause()
            text = tui.query_one("#texts", Static).content
            assert isinstance(text, Text) and tui.group == "2:1"
            assert "✗ python error: over the time limit" in text.plain and "stopped by context" in text.plain
            assert "<tool_response>" not in text.plain and "squared is 1521" not in text.plain
            await pilot.press("t")
            text = tui.query_one("#texts", Static).content
            assert "while True:\n    pass" in text.plain and "squared is 1521" in text.plain
            await pilot.press("slash")
            tui.screen.query_one("Input").value = "no such tool"
            await pilot.press("enter")
            await tui.workers.wait_for_complete()
            await pilot.pause()
            assert len(tui.screen.entries) == 2


def test_without_the_file_the_text_is_shown_as_it_was(run, tmp_path):
    bare = shutil.copytree(run, tmp_path / "bare", ignore=shutil.ignore_patterns("trajectories.jsonl"))
    text = inspect("show", "1:0:0", bare)
    assert "<tool_response>\n408\n</tool_response>" not in text and "[thought, " in text and "tokens" not in text
    assert "<tool_call>" in inspect("show", "1:0:0", bare, "--thought")
    assert found_by("error: ", bare) == []
    assert "trajector" not in inspect("show", "1:0", bare, "--json") + inspect("summary", bare)
    with open_index(bare) as index:
        browse.tabulate(index)
        group = next(browse.in_full(index, index.dicts("SELECT * FROM browse LIMIT 1"), 6000))
        assert group["members"][0]["text"]["head"] and all("trajectory" not in one for one in group["members"])


def test_a_damaged_file_is_told_and_its_rollouts_keep_their_text(run, tmp_path):
    torn = shutil.copytree(run, tmp_path / "torn")
    lines = (run / "trajectories.jsonl").read_text().split("\n")
    (torn / "trajectories.jsonl").write_text(lines[0][:300] + "\n" + lines[1] + "\n" + lines[2][:40])
    text = inspect("show", "1:0:0", torn)
    assert "trajectories.jsonl: 2 lines for 3 of the log, 1 unreadable" in " ".join(text.split())
    assert "tokens sampled" not in text and "<answer>408</answer>" in text
    assert "tokens sampled" in inspect("show", "2:0:0", torn)


HOSTILE = ["\x1b]0;title\x07", "\x1b[2J", "[bold]x[/bold]", "<script>window.__pwned = 1</script>", "\u202e", "\ud800"]


def hostile_file(folder) -> None:
    """The trajectories of the run, with hostile text, and values of the wrong type, at every place."""
    lines = [json.loads(one) for one in (folder / "trajectories.jsonl").read_text().splitlines()]
    text = "".join(HOSTILE)
    for k, one in enumerate(one for line in lines for one in line["trajectories"] if one):
        one["stopped_by"] = text
        for turn in one["turns"]:
            turn["text"] = f"{text} {turn['text']}"
            turn["role"] = turn["role"] if k % 2 else text
            for call in turn.get("calls", []):
                call.update({name: text + str(call[name]) for name in ("name", "arguments", "error", "result")})
        wrong = ({"seconds": "x", "cut": 3}, 7, {"name": {"a": [1]}, "seconds": 10**40, "result": []})
        one["turns"] += [{"role": 3, "text": {"a": None}, "tokens": "many", "calls": list(wrong)}, "x", None, [], {}]
        one["step_rewards"] = [1, "x", None, {}]
    (folder / "trajectories.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture(scope="module")
def hostile(run, tmp_path_factory):
    folder = shutil.copytree(run, tmp_path_factory.mktemp("runs") / "hostile")
    hostile_file(folder)
    return folder


@pytest.mark.anyio
async def test_hostile_trajectories_drive_no_terminal(hostile):
    for where in ("1:0", "1:1:1", "2:0", "3:0"):
        for more in ((), ("--thought",)):
            text = inspect("show", where, hostile, *more)
            assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text and "[bold]x[/bold]" in text
    json.loads(inspect("show", "1:0", hostile, "--json"))
    assert "\x1b" not in inspect("grep", "ZeroDivision", hostile)
    with open_index(hostile) as index:
        tui = Inspector(index)
        async with tui.run_test(size=(140, 40)) as pilot:
            await pilot.press("home", "t", "j", "n", "n")
            await pilot.pause()
            shown = tui.query_one("#texts", Static).content.plain
            assert "\x1b" not in shown and "[bold]x[/bold]" in shown


def logged_text(turns: list[dict], user: str, assistant: str) -> str:
    return turns[0]["text"] + "".join((user if t["role"] == "tool" else assistant) + t["text"] for t in turns[1:])


def test_logs_of_trl_and_verl_show_the_turns_that_they_carry(tmp_path):
    members = stories()[0]
    texts = [logged_text(turns, "\nuser\n", "\nassistant\n") for _, _, turns in members]
    called = {"function": {"name": "calculator", "arguments": '{"expression": "17 * 24"}'}, "type": "function"}
    messages = [{"role": "assistant", "content": "", "tool_calls": [called]}, {"role": "tool", "content": "408"},
                {"role": "assistant", "content": "<answer>408</answer>"}]  # fmt: skip
    columns = {
        "step": [1] * 4,
        "prompt": ["p"] * 4,
        "accuracy_reward": [1.0, 1.0, 0.0, 0.0],
        "advantage": [0.5, 0.5, -0.5, -0.5],
    }
    for name, said in (("trl", texts), ("messages", [messages] * 4)):
        (tmp_path / name / "completions").mkdir(parents=True)
        table = pd.DataFrame(columns | {"completion": said})
        table.to_parquet(tmp_path / name / "completions/completions_00001.parquet")
    (tmp_path / "verl").mkdir()
    rows = [
        {"input": "p", "output": text, "gts": "408", "score": float(k < 2), "step": 1} for k, text in enumerate(texts)
    ]
    for step in (1, 2):
        lines = "".join(json.dumps(row | {"step": step}) + "\n" for row in rows)
        (tmp_path / "verl" / f"{step}.jsonl").write_text(lines)
    for name in ("trl", "verl", "messages"):
        text = inspect("show", "1:0:0", tmp_path / name)
        assert "── assistant\n" in text and "── tool\n" in text and "<answer>408</answer>" in text
        assert '▸ calculator {"expression": "17 * 24"} → 408' in text and "<tool_call>" not in text
    for name in ("trl", "verl"):
        assert "✗ a call error: not a call in JSON" in inspect("show", "1:0:2", tmp_path / name)
        assert found_by("ZeroDivisionError", tmp_path / name)[:1] == ["1:0:3"]


def test_a_text_of_trl_without_calls_is_shown_as_it_was():
    from tests.conftest import ROOT

    for name in ("trl", "verl"):
        with open_index(ROOT / "tests/rollouts/logs" / name) as index:
            assert not any(text.trajectory for text in index.texts(range(index.rows)))


def test_a_trajectory_of_a_thousand_turns_is_cut_and_says_so(tmp_path):
    rows = tool_lines()[0][0]
    turns = [
        {"role": "assistant", "text": f"turn {k}", "tokens": 1, "calls": [{"name": "x"}] * 60} for k in range(1000)
    ]
    run = write_tools_run(tmp_path / "long")
    line = {"step": "1", "trajectories": [{"turns": turns}] * len(rows)}
    (run / "trajectories.jsonl").write_text(json.dumps(line) + "\n")
    text = inspect("show", "1:0:0", run)
    assert "… 900 more turns …" in text and "1,000 turns · 60,000 calls" in text
    with open_index(run) as index:
        browse.tabulate(index)
        group = next(browse.in_full(index, index.dicts("SELECT * FROM browse LIMIT 1"), 6000))
        assert group["members"][0]["trajectory"]["left_out"] == 900
