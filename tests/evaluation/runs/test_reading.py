"""Runs as they lie on disk: ended, killed, resumed, torn, foreign, empty."""

import json
import os
import shutil
import socket
import subprocess
import sys

import pytest

from swift_grpo.evaluation.runs.reading import found
from swift_grpo.launch import record
from swift_grpo.sampling.servers import named
from tests.conftest import ROOT
from tests.evaluation.runs.conftest import evaluation, run_folder


def one(folder, notes=None):
    (run,) = found([folder], (notes if notes is not None else []).append)
    return run


def test_an_ended_run(tmp_path):
    folder = run_folder(tmp_path / "out/a", 0.5, seed=7, learning_rate=1e-6)
    run = one(tmp_path / "out")
    assert (run.name, run.folder, run.state, run.cause) == ("a", folder, "ended", "finished")
    assert (run.steps, run.of_steps, run.seed, run.versions) == (15, 15, 7, {"torch": "2"})
    assert run.settings["learning_rate"] == "1e-06" and not {"seed", "output_dir", "max_epochs"} & run.settings.keys()
    assert (run.outcome.measure, run.outcome.source, run.outcome.unit_count) == ("solved", "training", 3)
    assert 0 <= run.outcome.low <= run.outcome.value <= run.outcome.high <= 1
    assert run.seconds == pytest.approx(15 * 12, rel=0.2)


@pytest.mark.parametrize(
    ("launch", "state"),
    [
        ({"exit_code": 1, "cause": "the trainer failed"}, "failed"),
        ({"exit_code": 143, "cause": "stopped by SIGTERM"}, "stopped"),
        ({"exit_code": None, "pid": os.getpid(), "host": socket.gethostname()}, "running"),
    ],
)
def test_how_a_run_ended(tmp_path, launch, state):
    folder = run_folder(tmp_path / "a", launch=launch)
    unfinished(folder)
    assert one(tmp_path).state == state


def unfinished(folder):
    """Without the lines that a training writes when it is done, and with a torn last line, as after a kill."""
    scalars = (folder / "logging.jsonl").read_text().splitlines(keepends=True)[:10]
    (folder / "logging.jsonl").write_text("".join(scalars))
    lines = (folder / "completions.jsonl").read_text().splitlines(keepends=True)[:11]
    (folder / "completions.jsonl").write_text("".join(lines)[:-40])


def test_a_killed_run_with_a_torn_line_and_without_args(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    folder = run_folder(tmp_path / "a", launch={"exit_code": None, "pid": gone.pid, "host": socket.gethostname()})
    unfinished(folder)
    (folder / "args.json").unlink()
    run = one(tmp_path)
    assert (run.state, run.steps, run.of_steps) == ("stopped", 10, 15)
    assert "killed" in run.cause and run.settings == {} and run.seed is None


def test_without_a_record_a_fresh_log_is_running_and_an_old_one_stopped(tmp_path):
    folder = run_folder(tmp_path / "a")
    shutil.rmtree(tmp_path / "a/launches")
    unfinished(folder)
    assert one(tmp_path).state == "running"
    for path in folder.iterdir():
        os.utime(path, (1e9, 1e9))
    assert one(tmp_path).state == "stopped"


def test_a_chain_that_resumed_is_one_run(tmp_path):
    first = run_folder(tmp_path / "a")
    unfinished(first)
    second = first.with_name("v1-20260101-110000")
    shutil.copytree(run_folder(tmp_path / "b", resume_from_checkpoint=str(first / "checkpoint-5")), second)
    shutil.rmtree(tmp_path / "b")
    run = one(tmp_path)
    assert (run.folder, len(run.run.logs), run.steps) == (second, 2, 15)


def test_what_is_not_a_run_is_named(tmp_path):
    notes: list[str] = []
    run_folder(tmp_path / "out/good")
    broken = tmp_path / "out/broken/v0-1"
    broken.mkdir(parents=True)
    (broken / "completions.jsonl").write_text("not a line\n")
    sft = tmp_path / "out/sft/v0-1"
    sft.mkdir(parents=True)
    (sft / "args.json").write_text("{}")
    (sft / "logging.jsonl").write_text('{"loss": 1, "global_step/max_steps": "1/2"}\n')
    (tmp_path / "empty").mkdir()
    assert [run.name for run in found([tmp_path / "out", tmp_path / "empty"], notes.append)] == ["good"]
    assert len(notes) == 3
    assert f"{tmp_path / 'empty'}: no GRPO run there or below" in notes
    assert any("broken is left out: " in line and "none of its 1 lines" in line for line in notes)
    assert any(line.startswith("1 trainings without completions") for line in notes)
    with pytest.raises(ValueError, match="empty: no GRPO run"):
        found([tmp_path / "empty"])
    with pytest.raises(ValueError, match="is not there"):
        found([tmp_path / "gone"])


def test_logs_of_others(tmp_path):
    for kind in ("trl", "verl"):
        shutil.copytree(ROOT / f"tests/rollouts/logs/{kind}", tmp_path / kind)
    assert {(run.name, run.outcome.measure) for run in found([tmp_path])} == {("trl", "solved"), ("verl", "solved")}


def test_data_and_code_are_hashed_when_the_launcher_starts(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("{}\n")
    mine = tmp_path / "mine.py"
    mine.write_text("x = 1\n")
    words = f"env A=1 swift rlhf --rlhf_type grpo --dataset {rows} AI-MO/some#50 --external_plugins {mine}".split()

    def hashes():
        record.begin(tmp_path / "run", [["swift", "rollout"], words])
        return json.loads((tmp_path / "run/run.json").read_text())

    before = hashes()
    assert before["data"]["AI-MO/some#50"] == "AI-MO/some#50" and len(before["data"][str(rows)]) == 12
    assert before["pid"] == os.getpid()
    mine.write_text("x = 2\n")
    after = hashes()
    assert after["data"] == before["data"] and after["code"] != before["code"]
    shipped = record.contents(["swift", "rlhf", "--external_plugins", str(ROOT / "plugin/plugin.py")])["code"]
    assert shipped != record.contents(["swift", "rlhf", "--external_plugins", str(mine)])["code"]
    assert record.contents(["swift", "rlhf", "gone.yaml"]) == record.contents([]) == {}


def test_an_evaluation_of_the_runs_own_checkpoint_is_its_outcome(tmp_path):
    folder = run_folder(tmp_path / "out/a")
    names = {}
    for step in (5, 15):
        checkpoint = folder / f"checkpoint-{step}"
        checkpoint.mkdir()
        (checkpoint / "config.json").write_text(f'{{"step": {step}}}')
        names[step] = named(str(checkpoint))
    evaluation(folder / "evals/checkpoint-5", [[0.0]] * 10, names[5])
    evaluation(tmp_path / "out/after", [[1.0]] * 7 + [[0.0]] * 3, f"{names[15]} --vllm_max_model_len 512")
    evaluation(tmp_path / "out/before", [[0.0]] * 10, "base@0123")
    evaluation(tmp_path / "out/another", [[0.0]] * 10, "checkpoint-15@0123")
    run = one(tmp_path / "out")
    assert run.evaluated == [folder / "evals/checkpoint-5/set", tmp_path / "out/after/set"]
    assert (run.outcome.measure, run.outcome.value, run.outcome.unit_count) == ("mean@1 set", 0.7, 10)
    assert run.training.source == "training"
    (tmp_path / "out/after/set/summary.json").write_text('{"model": "checkpoint-15@1"}')
    assert one(tmp_path / "out").outcome.value == 0.0
