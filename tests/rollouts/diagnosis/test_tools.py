"""trajectories.jsonl in the diagnosis: what counts, what does not fit, and what is no illness."""

import json
import random

import pytest
from rich.console import Console

from benchmarks.diagnosis.own.tool_illnesses import CorrectionMissing, Flat, HealthyGame, ToolFails, Tools
from swift_grpo.formats.trajectories import trajectory
from swift_grpo.rollouts.diagnosis import diagnose
from swift_grpo.rollouts.facts import trajectories
from swift_grpo.rollouts.facts.run_facts import Facts
from swift_grpo.rollouts.facts.trajectories import leaked, said_by_tool
from swift_grpo.rollouts.facts.trust import trust
from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.reading.rollout_text import RolloutText
from swift_grpo.rollouts.terminal.overview import as_json, print_summary


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def call(error=None, name="add", result="3", arguments="{}"):
    return {"name": name, "arguments": arguments, "error": error, "result": result, "seconds": 0.1, "cut": False}


def rollout(*calls, stopped="answer", text="so"):
    turns = [{"role": "assistant", "text": text, "tokens": 2, "calls": [one]} for one in calls]
    return {"turns": [*turns, {"role": "assistant", "text": "done", "tokens": 1, "calls": []}], "stopped_by": stopped}


def written(folder, lines, scalars=(), steps="1222", texts=("ab", "cd", "ef", "ef")):
    """Four lines of two completions: two of training, an evaluation, and the repeat of it at the end."""
    folder.mkdir()
    logged = [
        {"step": [step] * 2, "prompt": ["p"] * 2, "completion": [*two]} for step, two in zip(steps, texts, strict=True)
    ]
    (folder / "completions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in logged))
    (folder / "logging.jsonl").write_text("".join(json.dumps(one) + "\n" for one in scalars))
    (folder / "trajectories.jsonl").write_bytes(b"".join(lines))
    return folder


def line(step, *rollouts):
    return json.dumps({"step": step, "trajectories": rollouts}).encode() + b"\n"


SCALARS = [
    {"loss": 0.1, "reward": 1.0, "global_step/max_steps": "1/2"},
    {"loss": 0.1, "reward": 1.0, "global_step/max_steps": "2/2"},
    {"eval_loss": 0.1, "eval_reward": 1.0, "global_step/max_steps": "2/2"},
    {"train_runtime": 1.0, "global_step/max_steps": "2/2"},
]


def test_evaluations_and_repeats_do_not_count(tmp_path):
    evaluated = line("2", rollout(call("time")), rollout(call("time")))
    lines = [
        line("1", rollout(call()), rollout()),
        line("2", rollout(call("raised"), call()), None),
        evaluated,
        evaluated,
    ]
    with open_index(written(tmp_path / "run", lines, SCALARS)) as index:
        assert index.query("SELECT count(*) FROM train")[0][0] == 4
        found = trajectories.read(index)
    assert {step: dict(+counts) for step, counts in found.counts.items()} == {
        1: {"rollouts": 2, "turns": 3, "offered": 2, "calls": 1, "unused": 1, "stopped/answer": 2, "ran add": 1},
        2: {
            "rollouts": 1,
            "turns": 3,
            "offered": 1,
            "calls": 2,
            "stopped/answer": 1,
            "ran add": 2,
            "raised": 1,
            "raised add": 1,
        },
    }
    assert (found.unreadable, found.ids("raised", None, None), found.ids("calls", 1, 1)) == (0, [2], [0])


def test_steps_that_a_resumed_run_repeats_count_once(tmp_path):
    lines = [line("1", rollout(call())), line("3", rollout(call("time"))), line("2", rollout()), line("3", rollout())]
    with open_index(written(tmp_path / "run", lines, steps="1323", texts=("ab", "cd", "ef", "gh"))) as index:
        found = trajectories.read(index)
    assert found.unreadable == 0 and found.total()["time"] == 0
    assert {step: counts["calls"] for step, counts in found.counts.items()} == {1: 1, 2: 0, 3: 0}


def test_lines_that_do_not_fit_are_counted_and_the_others_stay_in_their_places(tmp_path):
    lines = [b"{nothing\n", line("7", rollout(call())), b'{"step": "2"}\n', line("2", rollout(call()), rollout())[:-9]]
    folder = written(tmp_path / "run", [*lines[:3], lines[3]], steps="1222")
    with open_index(folder) as index:
        assert trajectories.read(index).unreadable == 3
        assert trajectories.summary(index) == {"unreadable": 3}
    folder.joinpath("trajectories.jsonl").write_bytes(lines[0] + line("2", rollout(call()), rollout()))
    with open_index(folder) as index:
        found = trajectories.summary(index)
        console = Console(record=True, width=160)
        print_summary(console, index, trust(index))
    assert (found["calls"], found["unreadable"]) == (0.5, 1)
    said = "1.5 turns a rollout · 0.5 tool calls, 0.5 at first and 0.5 at last · stopped by answer 100% · 1 lines of"
    assert said in console.export_text()


HOSTILE = [None, True, -1, 10**40, 1e308, "", "\x1b[31m\ud800<b>", [], {}, [[]], {"a": {}}, "answer", "raised"]


def anything(rng, depth):
    if depth == 0 or rng.random() < 0.3:
        return rng.choice(HOSTILE)
    if rng.random() < 0.4:
        return [anything(rng, depth - 1) for _ in range(3)]
    keys = "turns role text calls name arguments error result stopped_by".split()
    return {key: anything(rng, depth - 1) for key in rng.sample(keys, 6)}


def test_any_json_is_read(tmp_path):
    """And of all names that a model can write, 32 are kept."""
    rng, run = random.Random(0), Tools()
    run.steps = 12
    folder = run.write(tmp_path / "run")
    lines = [json.loads(one) for one in (folder / "trajectories.jsonl").read_text().splitlines()]
    for k, one in enumerate(lines):
        one["trajectories"] = [rollout(call(name=f"n{k}-{i}"), anything(rng, 3), anything(rng, 3)) for i in range(64)]
        one["trajectories"][::3] = [anything(rng, 5) for _ in one["trajectories"][::3]]
    (folder / "trajectories.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    with open_index(folder) as index:
        facts = Facts(index)
        assert len(facts.trajectories.tools) == 32 and facts.trajectories.unreadable == 0
        diagnose(index)
        json.dumps(as_json(index, trust(index)))


RESULTS = {
    "17 + 24 = 41": 0,
    "Result: 41": 0,
    "the answer is 41": 0,
    "What is 17 plus 24?\n#### 41": 1,
    '{"question": "17 + 24", "gold": "41"}': 1,
    "<answer>41</answer>": 1,
    "Expected: 410": 0,
    "reference " + "x" * 40 + " 41": 0,
}


def of_calls(*calls, **more) -> RolloutText:
    return RolloutText(0, 1, 0, 0, "p", "c", "41", "41", {}, 1.0, 0.0, trajectory(rollout(*calls, **more)))


@pytest.mark.parametrize(("result", "leaks"), RESULTS.items())
def test_a_leak_is_a_tool_that_knows_the_gold_not_one_that_computes_it(result, leaks):
    assert leaked(of_calls(call(result=result))) == leaks
    asked = call(result=result, arguments=json.dumps({"code": f"print({result!r})"}))
    assert leaked(of_calls(asked)) == 0  # the model had it say so


def test_an_answer_that_the_model_said_is_its_own():
    assert said_by_tool(of_calls(call(result="41"))) == 1
    assert said_by_tool(of_calls(call(result="41"), text="so it is 41")) == 0
    assert said_by_tool(of_calls(call(result="40"))) == 0


def test_a_call_that_nobody_ran_neither_failed_nor_went_well(tmp_path):
    """As the scheduler records those of a last turn."""
    late = call(result="") | {"seconds": 0.0}
    lines = [line("1", rollout(call("raised"), late, stopped="max_turns"), rollout(call()))]
    with open_index(written(tmp_path / "run", lines)) as index:
        total = trajectories.read(index).total()
    assert (total["calls"], total["ran add"], total["raised add"], total["stopped/max_turns"]) == (3, 2, 1, 1)


class SameProgram(Flat):
    """The policy comes to write one program, without a gain: the form of a call is no phrase that it says."""

    tools = ("python",)


def test_the_form_of_a_call_is_no_boilerplate(tmp_path):
    with open_index(SameProgram().write(tmp_path / "run")) as index:
        assert "boilerplate" not in {found.check for found in diagnose(index)}


def test_a_finding_names_the_tool_and_what_it_says(tmp_path):
    with open_index(ToolFails().write(tmp_path / "run")) as index:
        first = diagnose(index)[0]
    assert "the tool python end in an error" in first.title and "most often “error: raised”" in first.evidence


class CallsCut(Tools):
    """Calls grow too long for a turn."""

    def error(self, t, tool):
        return None

    def trajectory(self, t, turns):
        cut = bool(turns[0]["calls"]) and self.rng.random() < t
        if cut:
            turns = turns[:1]
            turns[0]["calls"] = [turns[0]["calls"][0] | {"error": "unparsed", "result": ""}]
        return super().trajectory(t, turns) | ({"stopped_by": "length"} if cut else {})


def test_calls_that_are_cut_off_follow_from_the_length_of_a_turn(tmp_path):
    with open_index(CallsCut().write(tmp_path / "run")) as index:
        found = {one.check: one for one in diagnose(index)}
    assert found["stopped_by_length"].severity == "critical"
    assert (
        found["calls_unparsed"].follows_from == "stopped_by_length"
        and "the turn was cut off" in found["calls_unparsed"].evidence
    )


def test_an_environment_offers_no_tools(tmp_path):
    with open_index(HealthyGame().write(tmp_path / "run")) as index:
        skipped = {found.check: found.title for found in diagnose(index) if found.severity == "skipped"}
        assert trajectories.summary(index) == {"turns": 4.0, "unreadable": 0}
    assert skipped["tools_unused"] == skipped["tool_fails"] == "not checked: needs tool calls in trajectories.jsonl"


def test_a_run_of_single_turns_is_told_what_is_missing(healthy_run):
    with open_index(healthy_run) as index:
        skipped = {found.check: found.title for found in diagnose(index) if found.severity == "skipped"}
        assert trajectories.summary(index) is None
    says = "not checked: needs trajectories.jsonl (a run with --multi_turn_scheduler writes it)"
    names = (
        "calls_unparsed tool_fails tool_times_out tools_unused calls_grow tool_leak answer_by_tool stopped_by_context"
    )
    assert {skipped[name] for name in names.split()} == {says}


@pytest.mark.parametrize(("args", "found"), [({}, True), ({"use_liger_kernel": True}, False)])
def test_a_missing_correction_is_seen_after_the_first_step(tmp_path, args, found):
    run = CorrectionMissing()
    run.steps, run.args = 1, run.args | args
    with open_index(run.write(tmp_path / "run")) as index:
        said = [one.severity for one in diagnose(index) if one.check == "correction_missing"]
    assert said == ["warn" if found else "skipped"]


def test_the_overview_has_a_line(tmp_path):
    with open_index(ToolFails().write(tmp_path / "run")) as index:
        console = Console(record=True, width=200)
        print_summary(console, index, trust(index))
        found = as_json(index, trust(index))["trajectories"]
        total = trajectories.read(index).total()
    said = next(one for one in console.export_text().splitlines() if "tool calls" in one)
    assert (
        f"{total['calls'] / total['rollouts']:.1f} tool calls, " in said
        and "raised" in said
        and "stopped by answer" in said
    )
    assert sum(found["stopped_by"].values()) == pytest.approx(1) and found["errors"].keys() == {"unparsed", "raised"}
