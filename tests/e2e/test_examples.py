"""Each example from raw rows to its report card by its own run.sh: tiny model, generated data, real ms-swift, vLLM, DeepSpeed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, clean_environ

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]
MODEL_FLAGS = "--model_type qwen2 --template qwen2_5"
SFT_FLAGS = "--max_steps 20 --learning_rate 3e-3 --max_length 256 --report_to none"
SMALL = "--max_steps 2 --save_steps 2 --max_completion_length 24 --num_generations 4 --per_device_train_batch_size 4"
SMALL += " --report_to none --gradient_accumulation_steps 1 --dataset_num_proc 1 --dataloader_num_workers 0"
SMALL += " --gradient_checkpointing false"
VLLM = "--vllm_max_model_len 512"


@pytest.fixture(scope="module")
def sets(tiny, tmp_path_factory) -> Path:
    """A folder with train.jsonl, test.jsonl (12 questions) and traces.jsonl, as raw sets have them."""
    folder = tmp_path_factory.mktemp("sets")
    for name, rows in (("train", 200), ("test", 12), ("traces", 640)):
        lines = (tiny / f"raw/{name}.jsonl").read_text().splitlines(keepends=True)
        (folder / f"{name}.jsonl").write_text("".join(lines[:rows]))
    return folder


def run(name: str, tiny: Path, sets: Path, out: Path, flags: str, **environ: str) -> dict:
    """The card of an example's run, after its pages were found whole."""
    environ = {"DEVICE": "cpu", "MODEL": str(tiny / "base"), "DATA": str(sets), "OUTPUT_DIR": str(out)} | environ
    environ |= {"MODEL_FLAGS": MODEL_FLAGS, "EVAL_FLAGS": "--n 2 --max-tokens 24"}
    command = ["bash", str(ROOT / f"examples/{name}/run.sh"), *SMALL.split(), *flags.split()]
    done = subprocess.run(
        command, cwd=out.parent, env=clean_environ() | environ, capture_output=True, text=True, timeout=1700
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    page, text = (out / f"report_card.{kind}" for kind in ("html", "md"))
    assert 'id="data"' in page.read_text() and text.read_text().count("\n## ") >= 8
    swift_grpo = str(Path(sys.executable).parent / "swift-grpo")
    card = [swift_grpo, "report-card", "grpo", "--before", "before", "--after", "after", "--json"]
    again = subprocess.run(card, cwd=out, capture_output=True, text=True, check=True)
    return json.loads(again.stdout)


def check(card: dict, stages: list[str], data: dict[str, int], questions: int) -> None:
    assert [stage["what"] for stage in card["stages"]] == stages
    assert {one["file"]: one["counts"]["output"] for one in card["data"]} == data
    assert [one["questions"] for one in card["comparisons"]] == [questions]
    assert card["cost"]["steps"] == 2 and card["cost"]["tokens"] > 0 and card["cost"]["hours"] > 0
    assert card["versions"]["ms-swift"] == "4.6.0"
    assert "swift rlhf" in card["commands"][-1]


def test_r1_gsm8k(tiny, sets, tmp_path):
    flags = f"{VLLM} --sleep_level 0"
    traces = {"TRACES": str(sets / "traces.jsonl"), "SFT_FLAGS": SFT_FLAGS}
    card = run("r1_gsm8k", tiny, sets, tmp_path / "out", flags, **traces)
    check(card, ["supervised fine-tuning", "GRPO"], {"prepared.jsonl": 200, "train.jsonl": 200}, 12)
    assert card["missing"] == [
        "traces.jsonl: it has no manifest, or was changed since; `swift-grpo data prepare` writes one"
    ]
    assert "XmlStrict" in json.dumps(card["curves"])


def test_r1_aimo(tiny, sets, tmp_path):
    card = run("r1_aimo", tiny, sets, tmp_path / "out", "--max_length 400")
    check(card, ["GRPO"], {"filtered.jsonl": 90, "aimo.jsonl": 90}, 10)
    assert card["stages"][0]["settings"]["tuner_type"] == "lora"
    assert {"integer_modulo", "boxed_format", "levenshtein"} <= {
        row["name"] for row in card["comparisons"][0]["measures"]
    }
    assert card["missing"] == []


def test_r1_math_by_dapo(tiny, sets, tmp_path):
    flags = f"{VLLM} --max_length 400 --soft_max_length 24 --soft_cache_length 8"
    card = run("r1_math", tiny, sets, tmp_path / "out", flags, GPUS="0,1,2")
    check(card, ["GRPO"], {"prepared.jsonl": 200, "train.jsonl": 200}, 12)
    assert card["stages"][0]["settings"]["loss_type"] == "dapo"
    assert card["missing"] == []


def test_r1_code(tmp_path):
    """The rows, model and traces of its tiny story, fewer of them."""
    sets = tmp_path / "raw"
    rows = [sys.executable, str(ROOT / "examples/r1_code/tiny/rows.py"), str(sets), "1"]
    subprocess.run(rows, check=True, capture_output=True, env=clean_environ())
    for name, most in (("train", 40), ("test", 12), ("traces", 640)):
        lines = (sets / f"{name}.jsonl").read_text().splitlines(keepends=True)
        (sets / f"{name}.jsonl").write_text("".join(lines[:most]))
    traces = {"TRACES": str(sets / "traces.jsonl"), "SFT_FLAGS": SFT_FLAGS, "SYSTEM": "Answer with ```python."}
    flags = f"{VLLM} --max_length 400 --sleep_level 0"
    card = run("r1_code", sets, sets, tmp_path / "out", flags, **traces)
    check(card, ["supervised fine-tuning", "GRPO"], {"prepared.jsonl": 40, "train.jsonl": 40}, 12)
    measures = {row["name"] for row in card["comparisons"][0]["measures"]}
    assert {"mean@2", "code_tests", "code_format"} <= measures
    assert "CodeTests" in json.dumps(card["curves"])
    assert (tmp_path / "out/audit.html").is_file()
    assert list((tmp_path / "out/grpo").rglob("verdicts/code_tests.jsonl"))
