"""`swift-grpo sweep` with a stand-in for the recipe: stopped, killed, failed and started again. Real recipes: tests/e2e."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from swift_grpo.launch.checkpoints import steps
from swift_grpo.launch.sweep_runs import state
from tests.conftest import ROOT, clean_environ
from tests.launch import sweep_stub


def write(folder: Path, text: str = "grid: {learning_rate: [1e-6]}\nseeds: [1, 2]") -> Path:
    (file := folder / "sweep.yaml").write_text(
        f"recipe: {sweep_stub.recipe(folder, ROOT)}\noutput: {folder}/out\n{text}\n"
    )
    return file


@contextlib.contextmanager
def sweeping(file: Path, *flags: str) -> Iterator[subprocess.Popen]:
    words = [str(Path(sys.executable).with_name("swift-grpo")), "sweep", str(file), *flags]
    run = subprocess.Popen(
        words, env=clean_environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=file.parent
    )
    try:
        yield run
    finally:
        run.terminate()
        run.communicate(timeout=60)


def swept(file: Path, *flags: str) -> tuple[int, str]:
    with sweeping(file, *flags) as run:
        said, _ = run.communicate(timeout=120)
        return run.returncode, said


def until(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def trained(folder: Path) -> list[list[int]]:
    return [[event.step for event in steps(run)] for run in sorted((folder / "out").iterdir()) if run.is_dir()]


def trainers(folder: Path) -> list[psutil.Process]:
    """What works for a sweep in this folder, but for the sweep itself."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if "tests.launch.sweep_stub" in (words := process.cmdline()) and str(folder) in " ".join(words):
                found.append(process)
    return found


EACH_ONCE = [list(range(1, sweep_stub.STEPS + 1))] * 2


@pytest.mark.slow
def test_each_run_is_trained_once_with_the_settings_that_it_was_begun_with(tmp_path):
    code, said = swept(write(tmp_path, "settings: {evaluated_after: 4}\ngrid: {learning_rate: [1e-6]}\nseeds: [1, 2]"))
    assert code == 0, said
    assert trained(tmp_path) == EACH_ONCE and "2/2 learning_rate=1e-6-seed2: done after" in said
    first, second = (tmp_path / f"out/learning_rate=1e-6-seed{seed}" for seed in (1, 2))
    assert (first / "evaluated").stat().st_mtime < (second / "v0-1/args.json").stat().st_mtime
    code, said = swept(tmp_path / "sweep.yaml")
    assert code == 0 and "0 to do" in said
    assert len(list(tmp_path.glob("out/*/launches/*"))) == 2
    code, said = swept(write(tmp_path, "settings: {beta: 0.04}\ngrid: {learning_rate: [1e-6]}\nseeds: [1, 2]"))
    assert code == 2 and "seed2 was begun with --evaluated_after 4 (now not given), --beta not given (now 0.04)" in said


@pytest.mark.slow
def test_a_killed_sweep_leaves_no_training_and_goes_on(tmp_path):
    file = write(tmp_path, "settings: {step_seconds: 0.3}\nseeds: [1, 2]")
    with sweeping(file) as run:
        until(lambda: list(tmp_path.glob("out/seed1/v0-1/checkpoint-2")))
        run.kill()
        code, said = swept(file)  # at once: the first launcher still stops its trainer
    assert code == 0, said
    assert trained(tmp_path) == EACH_ONCE and not trainers(tmp_path)
    first = json.loads(sorted(tmp_path.glob("out/seed1/launches/*/run.json"))[0].read_text())
    assert first["cause"].startswith("stopped by SIGTERM")


@pytest.mark.slow
def test_ctrl_c_stops_the_run_through_its_launcher_and_says_how_to_continue(tmp_path):
    file = write(tmp_path, "settings: {step_seconds: 0.3}\nseeds: [1, 2]")
    with sweeping(file) as run:
        until(lambda: list(tmp_path.glob("out/seed1/v0-1/checkpoint-2")))
        run.send_signal(signal.SIGINT)
        said, _ = run.communicate(timeout=60)
        assert run.returncode == 130 and "0 of 2 runs are done, and the same command goes on" in said
    assert state(tmp_path / "out/seed1").kind == "not finished" and not trainers(tmp_path)
    assert swept(file)[0] == 0 and trained(tmp_path) == EACH_ONCE


@pytest.mark.slow
def test_a_failed_run_does_not_stop_the_others_and_is_tried_again_on_the_next_start(tmp_path):
    repaired = tmp_path / "repaired"
    file = write(tmp_path, f"list: [{{name: bad, fail: {repaired}}}, {{name: good}}]")
    code, said = swept(file)
    assert (
        code == 1
        and "bad: failed after" in said
        and "ValueError: planted" in said
        and "1 of 2 runs failed (bad)" in said
    )
    assert state(tmp_path / "out/good").kind == "done"
    repaired.touch()
    code, said = swept(file)
    assert code == 0 and trained(tmp_path) == EACH_ONCE
    assert len(list(tmp_path.glob("out/good/launches/*"))) == 1


@pytest.mark.slow
def test_two_sweeps_in_one_folder_are_refused(tmp_path):
    file = write(tmp_path, "settings: {step_seconds: 0.5}\nseeds: [1]")
    with sweeping(file):
        until(lambda: list(tmp_path.glob("out/seed1/v0-1")))
        code, said = swept(file)
        assert code == 2 and "is in use by another `swift-grpo sweep`" in said


@pytest.mark.slow
def test_a_refused_setting_starts_nothing(tmp_path):
    code, said = swept(write(tmp_path, "list: [{name: fine}, {name: bad, refused: 1}]"))
    assert code == 2 and "nothing was started: the preflight refuses bad" in said
    assert not list(tmp_path.glob("out/*/launches"))


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"exit_code": 0, "cause": "finished"}, "done"),
        ({"exit_code": 3, "cause": "stopped: the diagnosis found: x"}, "stopped by the diagnosis"),
        ({"exit_code": 143, "cause": "stopped by SIGTERM"}, "not finished"),
        ({"exit_code": 1, "cause": "swift rlhf ended with code 1"}, "failed"),
        ({}, "not finished"),
        ({"exit_code": []}, "not finished"),
        ({"commands": 5}, "not finished"),
    ],
)
def test_the_state_of_a_run_is_what_its_launcher_recorded(tmp_path, record, kind):
    whole = {
        "commands": [["swift", "rlhf"]],
        "started": "2026-11-30T12:00:00+0000",
        "ended": "2026-11-30T12:01:00+0000",
    }
    (tmp_path / "launches/1").mkdir(parents=True)
    (tmp_path / "launches/1/run.json").write_text(json.dumps(whole | record))
    now = state(tmp_path)
    assert now.kind == kind and now.over == (kind in ("done", "stopped by the diagnosis"))
