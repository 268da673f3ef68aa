"""The scheduler `tools` in ms-swift's own loops, with scripted generations."""

import json

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow
END = "<|im_end|>"
CALL = '<tool_call>{"name": "calculator", "arguments": {"expression": "17 * 24"}}</tool_call>'
ANSWER = f"<answer>408</answer>{END}"
SCRIPTS = {
    "inline": {"script": [CALL, ANSWER]},
    "inline twice": {"script": [f"First {CALL}", f"then {CALL}", ANSWER]},
    "user turn": {"script": [CALL + END, ANSWER]},
    "user turn, two calls": {"script": [CALL + CALL + END, CALL + END, ANSWER]},
    "mixed": {"script": [CALL, CALL + END, CALL, ANSWER]},
    "no call": {"script": [ANSWER]},
    "max turns": {"script": [CALL, CALL, CALL], "turns": 3},
    "cut": {"script": [CALL, {"text": "<answer>40", "length": True}]},
    "context": {"script": [CALL] * 99, "turns": 100, "window": 1200},
    "a hundred turns": {"script": [CALL] * 99 + [ANSWER], "turns": 100, "window": 100_000},
    "unparsed": {"script": ["<tool_call>17 * 24</tool_call>", ANSWER]},
}


@pytest.fixture(scope="module")
def played(ms_swift, tmp_path_factory):
    from swift_grpo.cpu import tiny_model

    folder = tmp_path_factory.mktemp("tiny")
    tiny_model.write(folder, [CALL, ANSWER, "<tool_response>\n408\n</tool_response> What is 17 * 24? system"], seed=1)
    code = (
        f"import os, sys; os.environ['TOOLS'] = 'calculator'; sys.path.insert(0, {str(ROOT / 'plugin')!r})\n"
        + (ROOT / "tests/tools/scripted.py").read_text()
    )
    done = ms_swift.run(code, str(folder), input=json.dumps(list(SCRIPTS.values())))
    lines = [line[len("RESULT") :] for line in done.stdout.splitlines() if line.startswith("RESULT")]
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(SCRIPTS, map(json.loads, lines), strict=True))


@pytest.mark.parametrize("name", SCRIPTS)
def test_trains_what_was_sampled_in_both_loops(played, name):
    for loop in played[name].values():
        generated = [said if isinstance(said, str) else said["text"] for said in SCRIPTS[name]["script"]]
        assert "".join(loop["trained"]) == "".join(generated[: loop["infos"]["num_turns"]])
        assert loop["infos"]["sampled_tokens"] == sum(map(sum, loop["mask"])) == loop["logprobs"]
        assert loop["open"] == 0


@pytest.mark.parametrize("name", SCRIPTS)
def test_gives_the_same_ids_and_masks_in_server_and_trainer(played, name):
    server, trainer = played[name].values()
    assert [server[key] for key in ("ids", "mask", "roles", "prompts")] == [
        trainer[key] for key in ("ids", "mask", "roles", "prompts")
    ]


@pytest.mark.parametrize(
    ("name", "why", "turns", "calls"),
    [
        ("inline", "answer", 2, 1),
        ("inline twice", "answer", 3, 2),
        ("user turn, two calls", "answer", 3, 3),
        ("mixed", "answer", 4, 3),
        ("no call", "answer", 1, 0),
        ("max turns", "max_turns", 3, 3),
        ("cut", "length", 2, 1),
        ("a hundred turns", "answer", 100, 99),
        ("unparsed", "answer", 2, 1),
    ],
)
def test_says_what_stopped_a_trajectory(played, name, why, turns, calls):
    infos = played[name]["server"]["infos"]
    assert (infos["stopped_by"], infos["num_turns"], infos["tool_calls"]) == (why, turns, calls)


def test_stops_before_the_context_ends(played):
    loop = played["context"]["server"]
    assert loop["infos"]["stopped_by"] == "context"
    assert 1 < loop["infos"]["num_turns"] < 99


def test_continues_the_assistants_turn_after_a_stop_word(played):
    loop = played["inline"]["server"]
    assert loop["roles"] == ["system", "user", "assistant"]
    assert loop["prompts"][1].endswith(f"assistant\n{CALL}\n<tool_response>\n408\n</tool_response>\n")


def test_answers_a_turn_that_the_model_ended_as_hermes_does(played):
    loop = played["user turn"]["server"]
    assert loop["roles"] == ["system", "user", "assistant", "user", "assistant"]
    turn = f"{CALL}{END}\n<|im_start|>user\n<tool_response>\n408\n</tool_response>{END}\n<|im_start|>assistant\n"
    assert loop["prompts"][1].endswith(turn)


def test_the_system_prompt_describes_the_tools(played):
    assert '"name": "calculator", "description"' in played["inline"]["server"]["prompts"][0]
