"""trajectories.jsonl and other trainers' turns: by line, whatever stands in them."""

import json
import random

import pytest

from swift_grpo.formats.trajectories import of_messages, of_text, trajectory
from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.reading.trajectories import Trajectories
from tests.rollouts.tools_run import stories, tool_lines, write_tools_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_tools_run(tmp_path_factory.mktemp("runs") / "tools")


def test_every_rollout_has_its_own_trajectory(run):
    written = [one for _, trajectories in tool_lines() for one in trajectories]
    with open_index(run) as index:
        found = {text.id: text.trajectory for text in index.texts(range(index.rows)) if text.trajectory}
        ids = [row[0] for row in index.query("SELECT id FROM rollouts ORDER BY file, line, i")]
    assert [found.get(one) for one in ids] == [trajectory(one) for one in written]
    assert [one is None for one in written].count(True) == 1
    kinds = {call.error for one in found.values() for call in one.calls}
    assert kinds == {"", "unparsed", "unknown", "arguments", "raised", "time"}
    assert {one.stopped_by for one in found.values()} == {"answer", "length", "max_turns", "context", ""}


def test_a_run_without_the_file_has_none(healthy_run):
    with open_index(healthy_run) as index:
        assert not any(text.trajectory for text in index.texts(range(20)))
        assert index.turns[0].lines == (0, 0)


def at(found: Trajectories, line: int, i: int, step: int):
    turns = found.of_line(line, step)
    return turns[i] if i < len(turns) else None


def line(step, *texts) -> bytes:
    rows = [{"turns": [{"role": "assistant", "text": text, "tokens": 1, "calls": []}]} for text in texts]
    return json.dumps({"step": str(step), "trajectories": rows}).encode() + b"\n"


def test_lines_that_cannot_be_read_are_none_and_counted_and_the_others_stay_in_their_places(tmp_path):
    file = tmp_path / "trajectories.jsonl"
    file.write_bytes(
        line(1, "a") + b"\n" + b'{"step": "2", "traj\n' + line(3, "c", "d") + line(9, "e") + b'{"step": "5"'
    )
    found = Trajectories(tmp_path / "completions.jsonl")
    texts = [one and one.turns[0].text for one in (at(found, k, 0, k + 1) for k in range(7))]
    assert texts == ["a", None, "c", None, None, None, None]
    assert at(found, 2, 1, 3).turns[0].text == "d" and at(found, 2, 2, 3) is None and at(found, 2, 0, 4) is None
    assert found.lines == (4, 1)


def test_the_file_grows_and_is_replaced(tmp_path):
    file, found = tmp_path / "trajectories.jsonl", Trajectories(tmp_path / "completions.jsonl")
    assert at(found, 0, 0, 1) is None and found.lines == (0, 0)
    file.write_bytes(line(1, "a") + line(2, "b")[:-5])
    assert at(found, 0, 0, 1) and at(found, 1, 0, 2) is None
    file.write_bytes(line(1, "a") + line(2, "b") + line(3, "c"))
    assert [at(found, k, 0, k + 1).turns[0].text for k in (1, 2, 0)] == ["b", "c", "a"]
    file.write_bytes(line(1, "z"))
    assert at(found, 0, 0, 1).turns[0].text == "z" and found.lines == (1, 0)
    file.unlink()
    assert at(found, 0, 0, 1) is None


def test_a_long_file_is_read_by_its_lines(tmp_path):
    (tmp_path / "trajectories.jsonl").write_bytes(b"".join(line(k, "x" * 2000, f"{k}") for k in range(3000)))
    found = Trajectories(tmp_path / "completions.jsonl")
    assert [at(found, k, 1, k).turns[0].text for k in (2999, 0, 1234)] == ["2999", "0", "1234"]


HOSTILE = [
    None,
    True,
    -1,
    10**40,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "\x1b[31m\ud800<script>",
    [],
    {},
    [[]],
    {"a": {}},
]


def anything(rng: random.Random, depth: int):
    if depth == 0 or rng.random() < 0.4:
        return rng.choice(HOSTILE)
    keys = ("turns", "role", "text", "tokens", "calls", "name", "arguments", "error", "result", "seconds", "stopped_by",
            "step_rewards", "tool_calls", "function", "content", "cut")  # fmt: skip
    if rng.random() < 0.4:
        return [anything(rng, depth - 1) for _ in range(rng.randint(0, 3))]
    return {key: anything(rng, depth - 1) for key in rng.sample(keys, 6)}


def test_any_json_gives_texts_and_numbers_or_none():
    rng, seen = random.Random(0), 0
    for _ in range(3000):
        turn = {key: anything(rng, 3) for key in ("role", "text", "tokens", "content", "tool_calls")}
        turns = [turn | {"calls": [anything(rng, 3)]}, anything(rng, 3)]
        for one in (trajectory({"turns": turns, "step_rewards": anything(rng, 2)}), of_messages(turns)):
            for part in one.turns if one else []:
                seen += len(part.calls)
                assert isinstance(part.role + part.text, str) and (part.tokens is None or abs(part.tokens) < 1e15)
                for call in part.calls:
                    assert isinstance(call.name + call.arguments + call.error + (call.result or ""), str)
                    assert call.seconds is None or abs(call.seconds) < 1e15
        trajectory(anything(rng, 4))
    assert seen > 3000


def test_deep_nesting_and_long_marks_take_no_time():
    deep = "[" * 900 + "]" * 900
    assert trajectory({"turns": [{"text": json.loads(deep)}]}).turns[0].text
    for text in (
        "<tool_call>{" * 2_000,
        "<tool_response>" * 50_000 + "<tool_call>",
        "<tool_call>{" + " " * 100_000 + "user",
    ):
        assert of_text(text).turns


STYLES = {
    "bare roles": ("\nuser\n", "\nassistant\n"),
    "ChatML": ("<|im_end|>\n<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"),
    "inline": ("\n", "\n"),
}


@pytest.mark.parametrize("style", STYLES)
def test_a_text_of_trl_or_verl_has_the_turns_that_were_written_into_it(style):
    user, assistant = STYLES[style]
    for stopped_by, _, turns in (one for group in stories() for one in group):
        text = turns[0]["text"] + "".join((user if t["role"] == "tool" else assistant) + t["text"] for t in turns[1:])
        found = of_text(text)
        calls = [call for one in turns for call in one.get("calls", [])]
        if not calls:
            assert found is None
            continue
        assert [(one.role, one.text) for one in found.turns] == [(one["role"], one["text"]) for one in turns]
        last = [] if stopped_by == "answer" else turns[-1]["calls"]
        answered = [call["result"] for call in calls[: len(calls) - len(last)]]
        assert [one.result for one in found.calls] == answered + [None] * len(last)
        assert [one.error == "unparsed" for one in found.calls] == [one["error"] == "unparsed" for one in calls]
