"""Evaluation for real on this CPU: checkpoints as a run writes them, then the same by hand, and the two compared."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from swift_grpo.evaluation.run_story import newest_run
from tests.e2e.conftest import SHORT, TINY

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def swift_grpo(*words: object) -> subprocess.CompletedProcess:
    command = [str(Path(sys.executable).parent / "swift-grpo"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def test_checkpoints_are_evaluated_beside_the_run_and_compared(script, tiny, tmp_path):
    questions = tmp_path / "few.jsonl"
    questions.write_text("".join((tiny / "held_out.jsonl").read_text().splitlines(keepends=True)[:20]))
    out = tmp_path / "out"
    done = script(
        *("train_single_gpu", *TINY, *SHORT, "--tuner_type", "full", "--max_steps", "2", "--save_steps", "1"),
        timeout=600,
        **{"DEVICE": "cpu", "MODEL": str(tiny / "base"), "DATASET": str(tiny / "train.jsonl")},
        **{"OUTPUT_DIR": str(out), "EVAL": str(questions)},
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    run = newest_run(out)
    deadline = time.monotonic() + 400  # the watch ends by itself, the last checkpoint first
    while "checkpoints evaluated" not in (out / "watch.log").read_text() and time.monotonic() < deadline:
        time.sleep(2)
    entries = [json.loads(line) for line in (run / "evals.jsonl").read_text().splitlines()]
    assert sorted(entry["step"] for entry in entries) == [1, 2], (out / "watch.log").read_text()[-2000:]
    compared = swift_grpo("eval", "diff", run / "evals/checkpoint-1", run / "evals/checkpoint-2", "--json")
    assert compared.returncode == 0, compared.stderr
    assert len(json.loads(compared.stdout)["few"]["questions"]) == 20
