"""scripts/distill.sh shows the command that it runs, and SFT hands a cold start on to the training recipes."""

import shlex

import pytest

from tests.conftest import complete_checkpoint

pytestmark = pytest.mark.slow

RECIPES = ["train_multi_gpu", "train_single_gpu", "train_single_gpu_qlora"]


def test_help(script):
    done = script("distill", "--help")
    assert done.returncode == 0
    assert "scripts/distill.sh" in done.stdout and "Variables" in done.stdout


def test_the_command_is_shown_with_the_callers_flags_last(script):
    flags = [
        "--dry-run",
        "--best",
        "3",
        "--require",
        "math_accuracy=1",
        "think_format=1",
        "--",
        "--vllm_max_model_len",
        "64",
    ]
    done = script("distill", *flags, MODEL="a teacher", DATASET="rows.jsonl more.jsonl", GPUS="0,1")
    words = shlex.split(done.stdout)
    value = {name: words[len(words) - 1 - words[::-1].index(name) + 1] for name in words if name.startswith("--")}
    assert words[:4] == ["swift-grpo", "data", "distill", "rows.jsonl"]
    assert (value["--model"], value["--copies"], value["--device"], value["--best"]) == ("a teacher", "2", "gpu", "3")
    assert words[4:6] == ["--also", "more.jsonl"]
    assert value["--require"].split() == ["math_accuracy=1", "think_format=1"]
    assert words[-3:] == ["--", "--vllm_max_model_len", "64"]
    assert "--url" not in words


def test_a_hosted_teacher(script):
    done = script("distill", "--dry-run", "--n", "7", MODEL="r1", URL="http://127.0.0.1:1/v1", DATASET="rows.jsonl")
    assert "--url http://127.0.0.1:1/v1" in done.stdout and "--n 7" in done.stdout
    assert "math_accuracy=1\\ r1_format=1" in done.stdout


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"DATASET": "rows.jsonl"}, "name the teacher"),
        ({"MODEL": "m"}, "name the prompts"),
        ({"MODEL": "m", "DATASET": "nowhere.jsonl"}, "nowhere.jsonl"),
        ({"MODEL": "m", "DATASET": "a", "COPIES": "2"}, "COPIES=2 is no longer read; name the cards, GPUS="),
        ({"MODEL": "m", "DATASET": "a", "N": "7"}, "give it as a flag: --n 7"),
    ],
)
def test_bad_input(script, environ, said):
    done = script("distill", **environ)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and said in done.stderr


@pytest.mark.parametrize("name", RECIPES)
def test_sft_hands_the_newest_checkpoint_on(script, tmp_path, name):
    for step in (1, 2):
        (complete_checkpoint(tmp_path / f"sft/v0-x/checkpoint-{step}") / "config.json").write_text("{}")
    assert "--model sft/v0-x/checkpoint-2" in script(name, "--dry-run", SFT="sft").stdout
    assert "--model sft/v0-x/checkpoint-1" in script(name, "--dry-run", SFT="sft/v0-x/checkpoint-1").stdout


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"SFT": "sft", "MODEL": "m"}, "MODEL and SFT both"),
        ({"SFT": "nowhere"}, "no checkpoint below nowhere"),
        ({"SFT": "lora"}, "merge it first: bash scripts/export.sh lora/checkpoint-3"),
    ],
)
def test_sft_that_cannot_be_handed_on(script, tmp_path, environ, said):
    (complete_checkpoint(tmp_path / "lora/checkpoint-3") / "adapter_config.json").write_text("{}")
    done = script("train_single_gpu", "--dry-run", **environ)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and said in done.stderr
