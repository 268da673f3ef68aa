"""What must end a run, with ms-swift, vLLM and real signals: it does, soon, and says why."""

import contextlib
import json
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.launch.real_faults import find
from swift_grpo.launch.checkpoints import last_checkpoint, steps
from tests.conftest import ROOT, clean_environ
from tests.e2e.conftest import SHORT, TINY, tree_with
from tests.e2e.imported import behind
from tests.launch.stubs import Hook

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
SERVED = ["--max_steps", "500", "--per_device_train_batch_size", "4", "--gradient_accumulation_steps", "1"]
SERVED += ["--vllm_max_model_len", "256"]


# rewards of the tiny model are 0 for a while, and so are its gradients: what it holds has to be made wrong first
DROPS_WEIGHTS = """
class VerifiedWeights(VerifiedWeights):
    def _checked_load(self):
        self.model_runner.model.model.norm.weight.data.zero_()
        self.model_runner.model.load_weights = lambda weights: {name for name, _ in weights}
        return super()._checked_load()
"""


@contextlib.contextmanager
def running(tiny: Path, folder: Path, *flags: str, root: Path = ROOT):
    """A run of the multi-card recipe, which is stopped should the test fail."""
    run = subprocess.Popen(
        ["bash", str(root / "scripts/train_multi_gpu.sh"), "--compact", *TINY, *SHORT, *SERVED, *flags],
        env=clean_environ()
        | {"DEVICE": "cpu", "GPUS": "0,1,2", "MODEL": str(tiny / "base"), "DATASET": str(tiny / "train.jsonl")}
        | {"OUTPUT_DIR": str(folder / "out")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield run
    finally:
        run.terminate()
        run.communicate(timeout=60)


def cause(folder: Path, what: str = "cause") -> str:
    return json.loads(next(folder.glob("out/launches/*/run.json")).read_text())[what]


def test_a_weight_sync_that_fails_ends_the_run(tiny, tmp_path):
    """The server takes adapters up to rank 16: ms-swift alone trains to the end on the first weights, exit code 0."""
    flags = ["--tuner_type", "lora", "--lora_rank", "64", "--vllm_enable_lora", "true"]
    with running(tiny, tmp_path, *flags) as run:
        said, _ = run.communicate(timeout=100)
        assert run.returncode == 2 and "--vllm_max_lora_rank 64" in said  # preflight knows it
    with running(tiny, tmp_path, *flags, "--no-check=server") as run:
        run.communicate(timeout=500)
        assert run.returncode == 1
    assert "WeightSyncError" in cause(tmp_path) and "rank 64 is greater than max_lora_rank 16" in cause(tmp_path)


def test_a_weight_sync_that_changes_nothing_ends_the_run(tiny, tmp_path):
    """A copy of the tree whose server takes weights and drops them: no exception anywhere in ms-swift or vLLM."""
    with running(tiny, tmp_path, root=tree_with(tmp_path / "tree", DROPS_WEIGHTS)) as run:
        run.communicate(timeout=500)
        assert run.returncode == 1
    assert "WeightSyncError" in cause(tmp_path) and "kept other values than were sent" in cause(tmp_path)


def test_a_killed_engine_ends_the_run(tiny, tmp_path):
    with running(tiny, tmp_path) as run:
        assert any("step 1/" in line for line in run.stdout)
        tree = behind(psutil.Process(run.pid))
        family, killed = tree.children(recursive=True), time.monotonic()
        find(tree, "engine").kill()
        run.communicate(timeout=120)
        assert run.returncode == 1
    assert "the rollout server lost its" in cause(tmp_path)
    assert cause(tmp_path, "why") == "a process of the rollout server died"
    assert time.monotonic() - killed < 60  # 2 s on a quiet machine
    left = psutil.wait_procs(family, timeout=5)[1]
    assert [p for p in left if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []


@contextlib.contextmanager
def training(tiny: Path, folder: Path, *flags: str, **environ: str):
    """A run of the single-card recipe, where the trainer itself generates: no server to load."""
    batch = ["--per_device_train_batch_size", "4", "--save_steps", "2"]
    run = subprocess.Popen(
        ["bash", str(ROOT / "scripts/train_single_gpu.sh"), "--compact", *TINY, *SHORT, *batch, *flags],
        env=clean_environ()
        | {"DEVICE": "cpu", "MODEL": str(tiny / "base"), "DATASET": str(tiny / "train.jsonl")}
        | {"OUTPUT_DIR": str(folder / "out")}
        | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield run
    finally:
        run.terminate()
        run.communicate(timeout=60)


def until(run: subprocess.Popen, folder: Path, pattern: str) -> None:
    deadline = time.monotonic() + 400
    while not list(folder.glob(pattern)):
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)


def test_a_killed_trainer_is_followed_by_a_start_from_the_last_checkpoint(tiny, tmp_path):
    with Hook() as hook, training(tiny, tmp_path, "--max_steps", "6", RESTARTS="1", ALERT=hook.url) as run:
        until(run, tmp_path, "out/v0-*/checkpoint-2/trainer_state.json")
        family = behind(psutil.Process(run.pid)).children(recursive=True)
        max((p for p in family if "swift/cli/rlhf.py" in " ".join(p.cmdline())), key=lambda p: p.create_time()).kill()
        output, _ = run.communicate(timeout=400)
        assert run.returncode == 0, output
        hook.shutdown()
    assert "restart 1 of 1, from" in output
    assert [one["event"] for one in hook.alerts() if one["event"] != "finding"] == ["failed", "ended"]
    assert [event.step for event in steps(tmp_path / "out")] == [1, 2, 3, 4, 5, 6]
    assert last_checkpoint(tmp_path / "out", to_resume=True).name == "checkpoint-6"


def test_a_stop_signal_with_graceful_exit_leaves_a_checkpoint(tiny, tmp_path):
    with training(tiny, tmp_path, "--max_steps", "500", "--save_steps", "400", "--callbacks", "graceful_exit") as run:
        until(run, tmp_path, "out/v0-*/logging.jsonl")
        run.terminate()
        output, _ = run.communicate(timeout=300)
        assert run.returncode == 143, output
    assert cause(tmp_path) == "stopped by SIGTERM, a checkpoint saved"
    assert last_checkpoint(tmp_path / "out", to_resume=True)
