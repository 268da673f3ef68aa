"""On-policy distillation on this CPU: the teacher in the trainer and behind `swift deploy` says the same."""

import json

import pytest

from swift_grpo.cpu import tiny_model
from swift_grpo.data import larger_number
from swift_grpo.evaluation.run_story import newest_run
from tests.e2e.conftest import SHORT, TINY

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
TYPED = "--model_type qwen2 --template qwen2_5"


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_teacher_in_the_trainer_and_on_its_own_card(script, tiny, tmp_path):
    """Two steps each, with the same seed, and another random model as teacher."""
    teacher = tmp_path / "teacher"
    tiny_model.write(teacher, larger_number.corpus(1), 2)
    distances, shares = [], []
    for name, where in (
        ("in", {}),
        ("beside", {"TEACHER_GPUS": "0", "TEACHER_FLAGS": f"{TYPED} --vllm_max_model_len 256"}),
    ):
        flags = [
            "--max_steps",
            "2",
            "--tuner_type",
            "full",
            "--per_device_train_batch_size",
            "8",
            "--learning_rate",
            "1e-3",
        ]
        flags += ["--gradient_accumulation_steps", "1"] + ([] if where else ["--teacher_model_type", "qwen2"])
        done = script(
            "distill_on_policy", *TINY, *SHORT, *flags, timeout=600, DEVICE="cpu", DTYPE="float32", MODEL=str(tiny / "base"),
            TEACHER=str(teacher), DATASET=str(tiny / "train.jsonl"), OUTPUT_DIR=str(tmp_path / name), **where,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
        run = newest_run(tmp_path / name)
        distances.append([line["teacher_kl"] for line in lines(run / "logging.jsonl") if "teacher_kl" in line])
        shares.append([line["teacher"] for line in lines(run / "step_times.jsonl")])
    assert len(distances[0]) == 2 and distances[0][0] > 0.01
    assert distances[1] == pytest.approx(distances[0], rel=1e-2)
    assert all(share > 0 for run in shares for share in run)
    log = next((tmp_path / "beside/launches").glob("*/teacher.log")).read_text()
    assert log.count('"POST /infer/ HTTP/1.1" 200 OK') == 2
