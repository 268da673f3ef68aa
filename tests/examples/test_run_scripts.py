"""The examples' scripts: help, the seeds' hyperparameters, and bad input refused before anything is made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, clean_environ

EXAMPLES = sorted(path.parent for path in (ROOT / "examples").rglob("run.sh"))
GSM8K_DEMO = {
    "learning_rate": 5e-6, "adam_beta1": 0.9, "adam_beta2": 0.99, "weight_decay": 0.1, "warmup_ratio": 0.1,
    "lr_scheduler_type": "cosine", "num_generations": 16, "max_length": 256, "max_completion_length": 200,
    "max_grad_norm": 0.1,
}  # fmt: skip
OPEN_R1_CODE = {
    "learning_rate": 5e-7, "lr_scheduler_type": "cosine_with_min_lr", "warmup_ratio": 0.03, "beta": 0.01,
    "max_steps": 500, "temperature": 1, "max_length": 1024, "max_completion_length": 2048, "reward_weights": [1, 0.1],
}  # fmt: skip
NOTEBOOK = {
    "max_completion_length": 2048, "target_modules": ["q_proj", "k_proj", "v_proj"], "per_device_train_batch_size": 1,
    "torch_dtype": "float16", "save_steps": 10, "lr_scheduler_type": "linear", "weight_decay": 0, "max_steps": 80,
    "reward_funcs": ["boxed_format", "integer_modulo", "levenshtein"],
}  # fmt: skip


def run(example: Path, *flags: str, **environ: str) -> subprocess.CompletedProcess:
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["bash", str(example / "run.sh"), *flags]
    return subprocess.run(command, env=clean_environ() | path | environ, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_help(example):
    done = run(example, "--help")
    assert done.returncode == 0
    for word in (f"{example.relative_to(ROOT)}/run.sh", "Hardware", "Variables", "OUTPUT_DIR"):
        assert word in done.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_what_is_there_is_not_overwritten(example, tmp_path):
    (tmp_path / "out").mkdir()
    done = run(example, OUTPUT_DIR=str(tmp_path / "out"))
    assert (done.returncode, done.stdout, list((tmp_path / "out").iterdir())) == (2, "", [])
    assert "exists already" in done.stderr


def test_code_is_of_open_r1():
    """recipes/Qwen2.5-1.5B-Instruct/grpo/config_demo_code.yaml at 04381ca, but for what its README names."""
    config = yaml.safe_load((ROOT / "examples/r1_code/config.yaml").read_text())
    assert {key: config.get(key) for key in OPEN_R1_CODE} == OPEN_R1_CODE


def test_an_unknown_variant_is_refused(tmp_path):
    done = run(ROOT / "examples/r1_math", VARIANT="ppo", OUTPUT_DIR=str(tmp_path / "out"))
    assert done.returncode == 2 and "dapo dr_grpo" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("name", "seeds"), [("r1_gsm8k", GSM8K_DEMO), ("r1_aimo", NOTEBOOK)])
def test_hyperparameters_are_those_of_the_seeds(name, seeds):
    config = yaml.safe_load((ROOT / f"examples/{name}/config.yaml").read_text())
    assert {key: config.get(key) for key in seeds} == seeds
