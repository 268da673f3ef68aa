"""Runs for real with and without the pass that plugin/old_logps.py leaves out: the same weights, bit for bit."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from swift_grpo.evaluation.run_story import newest_run
from tests.conftest import ROOT, clean_environ
from tests.e2e.conftest import SHORT, TINY, tree_with
from tests.e2e.test_synced_weights import REWARD
from tests.e2e.test_variants import TINY as SMALL

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
STEPS = 3
LORA = ["--tuner_type", "lora", "--target_modules", "all-linear", "--lora_dropout", "0"]
# the server's engine takes another seed at each start: here each request brings one
SEEDED = """
import itertools
from swift.infer_engine import vllm_engine

NUMBER, prepare = itertools.count(), vllm_engine.VllmEngine._prepare_generation_config

def with_seed(self, request_config):
    made = prepare(self, request_config)
    made.seed = next(NUMBER)
    return made

vllm_engine.VllmEngine._prepare_generation_config = with_seed
"""
# name -> flags of a run that leaves the pass out
LEFT_OUT = {
    "full": ["--tuner_type", "full"],
    "LoRA, KL": [*LORA, "--beta", "0.1"],
    "two generations a step": ["--tuner_type", "full", "--steps_per_generation", "1", "--loss_type", "dapo"],
}
# name -> flags of a run that makes it, and what the log says
MADE = {
    "two updates": (["--num_iterations", "2"], "--num_iterations 2 uses a rollout for several optimizer steps"),
    "ahead": (["--steps_per_generation", "4"], "--steps_per_generation 4 spans more than one optimizer step"),
    "dropout": ([*LORA[:-1], "0.05"], "lora_dropout 0.05 draws a mask in each pass, so the ratio is not 1"),
}


@pytest.fixture(scope="module")
def learning(tmp_path_factory) -> list[str]:
    """Flags of short runs with gradients: a reward that differs within each group, and a checkpoint at the end."""
    reward = tmp_path_factory.mktemp("reward") / "letters_reward.py"
    reward.write_text(REWARD)
    flags = ["--external_plugins", reward, ROOT / "plugin/plugin.py", "--reward_funcs", "letters"]
    flags += ["--learning_rate", 0.01, "--warmup_ratio", 0, "--lr_scheduler_type", "constant", "--max_steps", STEPS]
    flags += ["--save_strategy", "steps", "--save_steps", STEPS, "--save_only_model", "true", "--logging_steps", 1]
    flags += ["--per_device_train_batch_size", 4, "--gradient_accumulation_steps", 2, "--check_model", "false"]
    return list(map(str, flags))


def learnt(out: Path) -> dict[str, torch.Tensor]:
    """The tensors of a run's last checkpoint."""
    [file] = newest_run(out).glob(f"checkpoint-{STEPS}/*model.safetensors")
    return load_file(file)


def times(out: Path) -> list[dict]:
    return [json.loads(line) for line in (newest_run(out) / "step_times.jsonl").read_text().splitlines()]


def check_pair(without: Path, made: Path, beta: bool = False) -> None:
    """Both runs learnt the same; one of them without the pass."""
    assert {line["old_logps"] for line in times(without)} == {"skipped"}
    assert {line["old_logps"] for line in times(made)} == {"computed: SKIP_OLD_LOGPS=0"}
    assert all((line["log-probabilities"] > 0) == beta for line in times(without)), "the reference's pass is made"
    assert all(line["log-probabilities"] > 0 for line in times(made))
    pair = learnt(without), learnt(made)
    assert pair[0].keys() == pair[1].keys()
    worst = max((pair[0][name] - pair[1][name]).abs().max().item() for name in pair[0])
    print(without.name, "differs by", worst)
    assert worst == 0


def test_transformers_generates(tiny, tmp_path, learning):
    flags = [word for name, value in SMALL.items() for word in (f"--{name}", str(value))]
    flags += ["--model", str(tiny / "base"), "--dataset", str(tiny / "train.jsonl"), *SHORT, *learning]
    runs = {name: (1, given) for name, given in LEFT_OUT.items()}
    runs |= {f"{name}, made": (0, given) for name, given in LEFT_OUT.items()}
    runs |= {name: (1, given) for name, (given, _) in MADE.items()}
    lines = {
        name: [f"SKIP_OLD_LOGPS={skip}", "--rlhf_type", "grpo", *flags, "--output_dir", str(tmp_path / name), *given]
        for name, (skip, given) in runs.items()
    }
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
    print({one["name"]: one["seconds"] for one in found})
    assert {one["name"]: one["error"] for one in found} == dict.fromkeys(runs, ""), done.stderr[-3000:]
    for name in LEFT_OUT:
        check_pair(tmp_path / name, tmp_path / f"{name}, made", beta="KL" in name)
    log = done.stdout + done.stderr
    for name, (_, reason) in MADE.items():
        assert {line["old_logps"] for line in times(tmp_path / name)} == {f"computed: {reason}"}, name
        assert f"computed: {reason}" in log


def test_vllm_in_the_trainers_process(tiny, tmp_path, learning):
    recipe = ROOT / "scripts/train_single_gpu.sh", {"VLLM": "colocate"}
    check_recipe(*recipe, [*learning, *LORA, "--vllm_max_model_len", "256", "--sleep_level", "0"], tiny, tmp_path)


def test_vllm_as_a_server_of_two_ranks(tiny, tmp_path, learning):
    recipe = tree_with(tmp_path / "tree", SEEDED) / "scripts/train_multi_gpu.sh", {"GPUS": "0,1,2"}
    check_recipe(*recipe, [*learning, "--vllm_max_model_len", "256"], tiny, tmp_path)


def check_recipe(recipe: Path, environ: dict[str, str], flags: list[str], tiny: Path, folder: Path) -> None:
    for switch in "10":
        given = {"DEVICE": "cpu", "MODEL": str(tiny / "base"), "DATASET": str(tiny / "train.jsonl"), **environ}
        given |= {"OUTPUT_DIR": str(folder / switch), "SKIP_OLD_LOGPS": switch}
        done = subprocess.run(
            ["bash", str(recipe), *TINY, *SHORT, *flags],
            env=clean_environ() | given,
            capture_output=True,
            text=True,
            timeout=500,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    check_pair(folder / "1", folder / "0")
