"""Each variant of examples/r1_math, and what no recipe sets, takes two real steps with ms-swift's trainer, all in one process."""

import json
import math
import subprocess
import sys

import pytest

from swift_grpo.evaluation.run_story import newest_run
from swift_grpo.formats.command_line import expand
from swift_grpo.formats.events import read_events
from tests.conftest import ROOT, clean_environ
from tests.examples.test_configs import BASE, PLUGIN, VARIANTS, words

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
# what does not fit this machine or the tiny model; everything else is the variant's own
SMALL = {"deepspeed", "vllm_enable_lora", "vllm_max_lora_rank"}
STEPS = {"max_steps": 2, "max_length": 200, "max_completion_length": 16, "num_generations": 4, "logging_steps": 1}
STEPS |= {"per_device_train_batch_size": 4, "gradient_accumulation_steps": 1, "save_strategy": "no"}
TINY = {"model_type": "qwen2", "template": "qwen2_5", "system": ROOT / "prompts/demo.txt", "report_to": "none"}
TINY |= {"dataset_num_proc": 1, "dataloader_num_workers": 0, "gradient_checkpointing": "false", "use_cpu": "true"}
TINY |= {"torch_dtype": "float32"}


def reward_model(base, folder):
    """A classifier with one label on the tiny model: weights of the last layer are random."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


def test_two_steps_of_each_variant(tiny, tmp_path):
    judge = str(reward_model(tiny / "base", tmp_path / "judge"))
    runs = {"plain": [], "two updates a batch": ["--num_iterations", "2"]}
    typed = ["--reward_model_type", "qwen2", "--reward_template", "qwen2_5"]
    runs["reward model"] = ["--reward_model", judge, *typed, "--reward_weights", "1", "1", "0.5"]
    runs |= {path.stem: words(ROOT / path) for path in VARIANTS}
    lines = {name: command(tiny, tmp_path / name, flags) for name, flags in runs.items()}
    site = f"{ROOT}/swift_grpo/cpu/site:{ROOT}:{ROOT}/plugin"
    environ = clean_environ() | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    environ["PYTHONPATH"] = f"{environ['PYTHONPATH']}:{site}"
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.two_steps"],
        input=json.dumps(lines),
        env=environ | {"VLLM_PLUGINS": "none"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    found = [json.loads(line.removeprefix("RESULT")) for line in done.stdout.splitlines() if line.startswith("RESULT")]
    assert {one["name"]: one["error"] for one in found} == dict.fromkeys(runs, ""), done.stderr[-3000:]
    for name in runs:
        events = [
            event for event in read_events(newest_run(tmp_path / name) / "logging.jsonl") if "loss" in event.values
        ]
        assert [event.step for event in events] == [1, 2], name
        assert all(math.isfinite(event.values["loss"]) for event in events), name
    weighted = read_events(newest_run(tmp_path / "reward model") / "logging.jsonl")[0].values
    assert weighted["rewards/judge/mean"] != 0
    ruled = weighted["rewards/AnswerAccuracy/mean"] + weighted["rewards/R1Format/mean"]
    assert weighted["reward"] == pytest.approx(ruled + 0.5 * weighted["rewards/judge/mean"], abs=1e-6)
    print({one["name"]: one["seconds"] for one in found})


def command(tiny, out, flags: list[str]) -> list[str]:
    """The words after `swift rlhf`: the variant's on top of its base, then what makes it small."""
    small = STEPS | TINY | {"model": tiny / "base", "dataset": tiny / "train.jsonl", "output_dir": out}
    given = expand([str(BASE), "--rlhf_type", "grpo", *PLUGIN, *flags])
    if "steps_per_generation" in given:
        small["steps_per_generation"] = 4
    if "teacher_model" in given:
        small |= {"teacher_model": tiny / "base", "teacher_model_type": "qwen2"}
    if "soft_max_length" in given:
        small |= {"soft_max_length": 16, "soft_cache_length": 4}
    given = {name: values for name, values in given.items() if name not in SMALL}
    given |= {name: [str(value)] for name, value in small.items()}
    return [word for name, values in given.items() for word in (f"--{name}", *values)]
