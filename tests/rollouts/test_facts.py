"""Turns of a prompt, configurations, distributions: facts that every view shows."""

import json

import pytest

from benchmarks.diagnosis.own.synthetic import Run
from swift_grpo.rollouts.facts.configuration import brief, differences
from swift_grpo.rollouts.facts.distributions import distributions
from swift_grpo.rollouts.facts.prompts import cuts, mixed
from swift_grpo.rollouts.facts.turns import turns
from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.reading.rollout_text import RolloutText

BOS, BEGIN, END = "<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cUser\uff5c>", "<\uff5cAssistant\uff5c>"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (
            "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n<think>\n",
            [("user", "hi"), ("assistant", "<think>\n")],
        ),
        (
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
            [("system", "Be brief."), ("user", "hi")],
        ),
        ("<bos><start_of_turn>user\nhi<end_of_turn>\n<start_of_turn>model\n", [("user", "hi")]),
        (f"{BOS}Be brief.{BEGIN}hi{END}", [("system", "Be brief."), ("user", "hi")]),
        ("hi there", [("", "hi there")]),
        ("", [("", "")]),
    ],
)
def test_turns(prompt, expected):
    assert turns(prompt) == expected


def test_configurations_differ_in_what_decides(tmp_path):
    one, other = Run(), Run()
    one.args = {"model": "a/b", "learning_rate": 1e-6, "output_dir": "x", "loss_type": "grpo", "vllm_server_port": [1]}
    other.args = {
        "model": "a/b",
        "learning_rate": 2e-6,
        "output_dir": "y",
        "loss_type": "grpo",
        "vllm_server_port": [2],
    }
    with open_index(one.write(tmp_path / "one")) as first, open_index(other.write(tmp_path / "two")) as second:
        assert differences(first.run, second.run) == {"learning_rate": ("1e-06", "2e-06")}
        assert brief(first.run).startswith(
            "model a/b \u00b7 lr 1e-06 \u00b7 beta 0.04 \u00b7 G 8 \u00b7 completion 512"
        )


def test_distributions_are_of_the_completions(healthy_run):
    with open_index(healthy_run) as index:
        reward, length, paid = distributions(index)
        mean = index.query("SELECT avg(reward) FROM train WHERE step <= 8")[0][0]
        right = index.query("SELECT avg(chars) FROM train WHERE solved")[0][0]
    assert [one["name"] for one in length["series"]] == ["right answers", "wrong answers"]
    for chart in (reward, length):
        for one in chart["series"]:
            assert sum(one["values"]) == pytest.approx(1, abs=0.01) and len(chart["edges"]) == len(one["values"]) + 1
    width = reward["edges"][1] - reward["edges"][0]
    assert sum(s * e for s, e in zip(reward["series"][0]["values"], reward["edges"], strict=False)) == pytest.approx(
        mean, abs=width
    )
    middles = [(a + b) / 2 for a, b in zip(length["edges"], length["edges"][1:], strict=False)]
    assert sum(s * m for s, m in zip(length["series"][0]["values"], middles, strict=True)) == pytest.approx(
        right, rel=0.05
    )
    assert {value for one in paid["series"] for value in one["values"]} - {None}


@pytest.mark.parametrize(("second", "share"), [("2 + 2?\nyou: 5\nno, again", 0.0), ("3 + 3?", 0.5)])
def test_groups_of_different_questions_are_mixed_and_later_turns_are_not(tmp_path, second, share):
    (tmp_path / "args.json").write_text('{"num_generations": 2}')
    prompts = [f"<|im_start|>user\n{one}<|im_end|>\n" for one in ("2 + 2?", second, "7?", "7?")]
    line = {"step": ["1"] * 4, "prompt": prompts, "completion": list("abcd"), "advantages": [0.0] * 4}
    (tmp_path / "completions.jsonl").write_text(json.dumps(line) + "\n")
    with open_index(tmp_path) as index:
        assert mixed(index)[:2] == (share, 2)


def test_prompts_without_special_tokens_are_not_cut_off_by_what_they_ask():
    asked = [f"user\nWhat is {k} plus 1?\nassistant\n" for k in range(20)] + [
        f"user\nAdd 1 to {k}.\nassistant\n" for k in range(12)
    ]
    texts = [
        RolloutText(k, 1, k, 0, one, "", None, None, {}, None, None) for k, one in enumerate([*asked, "hat is 7?"])
    ]
    assert cuts(texts).tolist() == [False] * len(asked) + [True]
