"""Tools in two-step runs: with transformers, in the server, and in the trainer beside a server.

A random model calls nothing. So every generation counts as a call here, and the stop word is a letter: one that ends in
it continues the assistant's turn, one that the model ended is answered by a turn of the user. All else is real.
"""

import json

import pytest

from swift_grpo.evaluation.run_story import newest_run
from tests.conftest import ROOT
from tests.e2e.conftest import SHORT, TINY

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
CALLS = """
from grpo_tools import trajectory
from grpo_tools.calls import Call
from grpo_tools.registry import register_tool

@register_tool
def oracle(question: str) -> str:
    "Knows everything."
    return "forty-two"

trajectory.calls = lambda text: [Call("oracle", {"question": text[:9]})]
"""


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("driver", ["transformers", "server", "trainer beside a server"])
def test_trains_the_tokens_that_were_sampled(script, tiny, tmp_path, driver):
    (tmp_path / "calls.py").write_text(CALLS)
    config = (ROOT / "configs/train_multi_turn.yaml").read_text().replace("lora\n", "full\n", 1)
    both = driver != "trainer beside a server"  # a flag in the configuration goes to the trainer alone
    if not both:
        config += "multi_turn_scheduler: tools\nmax_turns: 3\n"
    (tmp_path / "config.yaml").write_text(config)
    served = driver != "transformers"
    correction = ["--rollout_importance_sampling_mode", "token_truncate"] if served else []
    environ = {"GPUS": "0,1"} if served else {}
    done = script(
        "train_multi_turn" if both else "train_multi_gpu",
        *TINY,
        *SHORT,
        *("--max_length", "400", "--max_completion_length", "24", "--stop_words", "e", "--max_steps", "2"),
        *("--reward_funcs", "math_accuracy", "tool_parsed", "tool_economy", *correction),
        *(["--vllm_max_model_len", "512"] if served else []),
        *(["--max_turns", "3"] if both else []),
        timeout=600,
        DEVICE="cpu",
        MODEL=str(tiny / "base"),
        DATASET=str(tiny / "train.jsonl"),
        OUTPUT_DIR=str(tmp_path / "out"),
        CONFIG=str(tmp_path / "config.yaml"),
        PLUGIN=" ".join([str(ROOT / "plugin/tools.py")] * (not both) + [str(tmp_path / "calls.py")]),
        **environ,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    run = newest_run(tmp_path / "out")
    turns, log = lines(run / "trajectories.jsonl"), lines(run / "completions.jsonl")
    steps = [line for line in lines(run / "logging.jsonl") if "completions/mean_length" in line]
    assert len(steps) == 2
    for line, logged, step in zip(turns, log, steps, strict=False):
        found = line["trajectories"]
        assert line["step"] == logged["step"][0]
        assert [one["num_turns"] for one in found] == logged["num_turns"]
        sampled = sum(one["sampled_tokens"] for one in found) / len(found)
        assert step["completions/mean_length"] == pytest.approx(sampled)
        assert any(key.startswith("rollout_correction/") for key in step) == served
    ended = [one["stopped_by"] for line in turns for one in line["trajectories"]]
    assert set(ended) <= {"max_turns", "length"} and "max_turns" in ended
    told = [turn["text"] for line in turns for one in line["trajectories"] for turn in one["turns"]]
    assert "\n<tool_response>\nforty-two\n</tool_response>\n" in told
