"""From raw rows to a cold start on this CPU: prepare, difficulty, distil, SFT; the tiny model is served by real vLLM."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from swift_grpo.data.larger_number import trace_row
from swift_grpo.formats.rows import read_rows
from swift_grpo.launch.checkpoints import last_checkpoint
from tests.conftest import ROOT, clean_environ
from tests.e2e.conftest import TINY
from tests.e2e.imported import behind

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
SWIFT_GRPO = str(Path(sys.executable).parent / "swift-grpo")
MODEL_FLAGS = ["--model_type", "qwen2", "--template", "qwen2_5"]
SERVER_FLAGS = ["--", *MODEL_FLAGS, "--vllm_max_model_len", "128"]
# distilled with the parameters of the difficulty, so that its samples are taken and no second server is started
SAMPLING = ["--n", "4", "--temperature", "1", "--top-p", "1", "--max-tokens", "32"]
SYSTEM = str(ROOT / "prompts/demo.txt")
SFT = ["--max_length", "128", "--per_device_train_batch_size", "32"]
SFT += ["--gradient_accumulation_steps", "1", "--learning_rate", "3e-3"]


def run(*words: object, cwd: Path) -> str:
    command = [SWIFT_GRPO, *map(str, words)]
    done = subprocess.run(command, cwd=cwd, env=clean_environ(), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def cold_start(script, model: Path, data: Path, out: Path, *flags: str) -> Path:
    environ = {"DEVICE": "cpu", "MODEL": str(model), "DATASET": str(data), "OUTPUT_DIR": str(out)}
    done = script("sft_cold_start", *TINY, *SFT, *flags, timeout=600, **environ)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return last_checkpoint(out)


def write_rows(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_from_raw_rows_to_a_cold_start(script, tiny, tmp_path):
    """All answers are 39, and the teacher has learned to say 39 or 12 in the format: about half is worth copying."""
    pairs = [(39, b) if b % 2 else (b, 39) for b in range(12, 36)]
    raw = [
        {"question": f"Which is larger, {a} or {b}?", "answer": f"One is larger.\n#### {max(a, b)}"} for a, b in pairs
    ]
    write_rows(tmp_path / "raw.jsonl", raw)
    columns = ["--columns", '{"answer": "solution"}', "--gold", "hashes"]
    run("data", "prepare", "raw.jsonl", *columns, "-o", "rows.jsonl", cwd=tmp_path)
    write_rows(tmp_path / "guesses.jsonl", [trace_row(a, b, said) for a, b in pairs for said in (39, 12) * 8])
    teacher = cold_start(script, tiny / "base", tmp_path / "guesses.jsonl", tmp_path / "teacher", "--max_steps", "80")

    measured = run(
        *["data", "difficulty", "rows.jsonl", "--model", teacher, "--system", SYSTEM, "--device", "cpu", *SAMPLING],
        *["--samples", "out/samples", "--keep", "0.1:0.9", "-o", "teaching.jsonl", "--json", *SERVER_FLAGS],
        cwd=tmp_path,
    )
    facts = json.loads(measured)
    assert (facts["samples"], facts["sampling"]["new"], facts["sampling"]["failed"]) == (96, 96, {})
    assert 0.2 < facts["mean"] < 0.8
    assert 0 < facts["kept"] < 24

    environ = {
        "DEVICE": "cpu",
        "MODEL": str(teacher),
        "DATASET": "teaching.jsonl",
        "OUTPUT_DIR": "out",
        "SYSTEM": SYSTEM,
    }
    done = script("distill", *SAMPLING, "--best", "2", *SERVER_FLAGS, timeout=300, **environ)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(tmp_path.glob("out/samples/servers/*"))) == 1, "the samples of the difficulty were not taken"
    traces = list(read_rows(tmp_path / "out/traces.jsonl"))
    rejected = list(read_rows(tmp_path / "out/traces.rejected.jsonl"))
    assert len(traces) + len(rejected) == 4 * facts["kept"]
    assert len(traces) >= facts["kept"]  # each has a right answer, or it would have been too hard
    assert {row["rejected"] for row in rejected} >= {"math_accuracy below 1"}
    for row in traces:
        assert row["messages"][-1]["content"].endswith(f"<answer>{row['solution']}</answer>")
    print(f"kept {len(traces)} of {len(traces) + len(rejected)} samples\n{done.stdout}")

    student = cold_start(script, tiny / "base", tmp_path / "out/traces.jsonl", tmp_path / "student", "--max_steps", "2")
    assert (student / "config.json").is_file()
    shown = script("train_single_gpu", "--dry-run", SFT=str(tmp_path / "student")).stdout
    assert f"--model {student}" in shown


def test_a_killed_sampler_leaves_no_server(tiny, tmp_path):
    words = ["sample", str(tiny / "train.jsonl"), "--model", str(tiny / "base"), "--device", "cpu", "-o", str(tmp_path)]
    sampler = subprocess.Popen([SWIFT_GRPO, *words, *SERVER_FLAGS], env=clean_environ(), stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("servers/*/deploy0.log")) or len(descendants(sampler.pid)) < 2:
            assert sampler.poll() is None and time.monotonic() < deadline
            time.sleep(0.2)
        time.sleep(3)
        family = descendants(sampler.pid)
    finally:
        os.kill(sampler.pid, signal.SIGKILL)
        sampler.wait()
    _, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []


def descendants(pid: int) -> list[psutil.Process]:
    return behind(psutil.Process(pid)).children(recursive=True)
