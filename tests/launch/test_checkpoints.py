"""Only a checkpoint that can be used is the last one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from swift_grpo.launch.checkpoints import STATE, last_checkpoint, what_is_missing
from tests.conftest import ROOT, clean_environ

pytestmark = pytest.mark.slow


def checkpoint(folder: Path, written: float = 100) -> Path:
    """What transformers writes, with tiny tensors, in its order."""
    folder.mkdir(parents=True)
    save_file({"a": torch.ones(9), "b": torch.ones(2, 2)}, folder / "model.safetensors", {"format": "pt"})
    for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin"):
        torch.save({"x": torch.ones(9)}, folder / name)
    (folder / STATE).write_text(json.dumps({"global_step": int(folder.name.split("-")[1])}))
    os.utime(folder, (1, written))
    return folder


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def test_the_newest_of_any_version_folder_is_taken(tmp_path):
    checkpoint(tmp_path / "v0-1/checkpoint-10", 100)
    newest = checkpoint(tmp_path / "v1-2/checkpoint-5", 200)
    (tmp_path / "v1-2/checkpoint-5-merged").mkdir()
    assert last_checkpoint(tmp_path, to_resume=True) == newest


DAMAGES = [
    (lambda c: cut(c / "model.safetensors"), "model.safetensors is torn"),
    (lambda c: (c / "model.safetensors").write_bytes(b""), "model.safetensors is torn"),
    (lambda c: (c / "model.safetensors").write_bytes(b"\xff" * 64), "model.safetensors is torn"),
    (lambda c: (c / "model.safetensors").unlink(), "it has no weights"),
    (lambda c: cut(c / "optimizer.pt"), "optimizer.pt is torn"),
    (lambda c: (c / STATE).unlink(), f"{STATE} is missing"),
    (lambda c: (c / STATE).write_text('{"global'), f"{STATE} cannot be read"),
    (lambda c: (c / STATE).write_text("[]"), f"{STATE} names no global_step"),
    (lambda c: (c / "checkpoint-is-incomplete.txt").touch(), "it was being written"),
    (
        lambda c: (c / "model.safetensors.index.json").write_text('{"weight_map": {"a": "model-2.safetensors"}}'),
        "model-2.safetensors is missing",
    ),
    (lambda c: (c / "model.safetensors.index.json").write_text("[]"), "model.safetensors.index.json cannot be read"),
]


@pytest.mark.parametrize(("damage", "why"), DAMAGES)
def test_a_torn_one_is_passed_over(tmp_path, damage, why):
    whole = checkpoint(tmp_path / "v0-1/checkpoint-10", 100)
    torn = checkpoint(tmp_path / "v0-1/checkpoint-20", 200)
    damage(torn)
    assert why in what_is_missing(torn)
    assert last_checkpoint(tmp_path) == whole
    damage(whole)
    with pytest.raises(ValueError, match=r"no complete checkpoint below .*checkpoint-.* cannot be used"):
        last_checkpoint(tmp_path)


@pytest.mark.parametrize("name", ["optimizer.pt", "scheduler.pt", "rng_state.pth"])
def test_what_resuming_needs(tmp_path, name):
    whole = checkpoint(tmp_path / "checkpoint-1")
    assert what_is_missing(whole, to_resume=True) == ""
    (whole / name).unlink()
    assert what_is_missing(whole) == ""  # it can be evaluated
    assert "is missing" in what_is_missing(whole, to_resume=True)


def test_what_resuming_with_deepspeed_needs(tmp_path):
    whole = checkpoint(tmp_path / "checkpoint-1")
    (whole / "latest").write_text("global_step1")
    (whole / "global_step1").mkdir()
    for name in ("optimizer.pt", "scheduler.pt"):
        (whole / name).unlink()
    for name in ("mp_rank_00_model_states.pt", "bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt"):
        assert "is missing" in what_is_missing(whole, to_resume=True)
        torch.save({"x": torch.ones(9)}, whole / "global_step1" / name)
    assert what_is_missing(whole, to_resume=True) == ""
    cut(whole / "global_step1/mp_rank_00_model_states.pt")
    assert "is torn" in what_is_missing(whole)


def recipe(tmp_path: Path, *flags: str, **environ: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["bash", str(ROOT / "scripts/train_single_gpu.sh"), "--dry-run", *flags],
        env=clean_environ() | {"OUTPUT_DIR": str(tmp_path), "MODEL": "m", "DATASET": "d"} | environ,
        capture_output=True,
        text=True,
    )


def test_a_recipe_does_not_start_from_scratch_when_it_was_told_to_resume(tmp_path):
    swift_grpo = str(Path(sys.executable).parent / "swift-grpo")
    none = subprocess.run([swift_grpo, "last-checkpoint", str(tmp_path)], capture_output=True, text=True)
    assert (none.returncode, none.stdout) == (2, "") and "no checkpoint below" in none.stderr
    for run in (recipe(tmp_path, "--resume_from_checkpoint", ""), recipe(tmp_path, "--resume_from_checkpoint=")):
        assert run.returncode == 2 and "names no checkpoint" in run.stderr
    assert recipe(tmp_path, RESUME=str(tmp_path / "nowhere")).returncode == 2


def test_resume_auto(tmp_path):
    fresh = recipe(tmp_path, RESUME="auto")
    assert "--model" in fresh.stdout and "resume_from_checkpoint" not in fresh.stdout and "from step 0" in fresh.stderr
    whole = checkpoint(tmp_path / "v0-1/checkpoint-10")
    assert f"--resume_from_checkpoint {whole}" in recipe(tmp_path, RESUME="auto").stdout
    torn = checkpoint(tmp_path / "v0-1/checkpoint-20", 200)
    cut(torn / "optimizer.pt")
    assert f"--resume_from_checkpoint {whole}" in recipe(tmp_path, RESUME="auto").stdout
    cut(whole / "optimizer.pt")
    refused = recipe(tmp_path, RESUME="auto")  # checkpoints, but none that can be used
    assert refused.returncode == 2 and refused.stdout == ""
