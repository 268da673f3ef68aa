"""What must end a run, with ms-swift, vLLM and real signals: it does, soon, and says why."""

import json
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT, clean_environ
from tests.e2e.conftest import SHORT, TINY

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
SERVED = ["--max_steps", "500", "--per_device_train_batch_size", "4", "--gradient_accumulation_steps", "1"]
SERVED += ["--vllm_max_model_len", "256", "--vllm_enforce_eager", "true"]


def start(tiny: Path, folder: Path, *flags: str) -> subprocess.Popen:
    return subprocess.Popen(
        ["bash", str(ROOT / "scripts/train_multi_gpu.sh"), "--compact", *TINY, *SHORT, *SERVED, *flags],
        env=clean_environ()
        | {"DEVICE": "cpu", "GPUS": "0,1,2", "MODEL": str(tiny / "base"), "DATASET": str(tiny / "train.jsonl")}
        | {"OUTPUT_DIR": str(folder / "out")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def cause(folder: Path) -> str:
    return json.loads(next(folder.glob("out/launches/*/run.json")).read_text())["cause"]


def test_a_weight_sync_that_fails_ends_the_run(tiny, tmp_path):
    """The server takes adapters up to rank 16: ms-swift alone trains to the end on the first weights, exit code 0."""
    run = start(tiny, tmp_path, "--tuner_type", "lora", "--lora_rank", "64", "--vllm_enable_lora", "true")
    run.communicate(timeout=300)
    assert run.returncode == 1
    assert "WeightSyncError" in cause(tmp_path) and "rank 64 is greater than max_lora_rank 16" in cause(tmp_path)


def test_a_killed_engine_ends_the_run(tiny, tmp_path):
    run = start(tiny, tmp_path)
    for line in run.stdout:
        if "step 1/" in line:
            break
    family = psutil.Process(run.pid).children(recursive=True)
    (engine,) = [p for p in family if p.name().startswith("VLLM::Engine")]
    engine.kill()
    killed = time.monotonic()
    run.communicate(timeout=120)
    assert run.returncode == 1
    assert "lost its VLLM::EngineCore" in cause(tmp_path)
    assert time.monotonic() - killed < 60  # 15 s on a quiet machine
    assert [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []
