"""`swift-grpo eval watch`: each checkpoint once, also after a kill; what is half written waits; it ends with the run."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from swift_grpo.evaluation import watch
from swift_grpo.sampling.models import SamplingError
from tests.evaluation.conftest import question_set

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "v0-1"
    folder.mkdir()
    (folder / "args.json").write_text("{}")
    return folder


@pytest.fixture
def task(tmp_path):
    return watch.Task(question_set(tmp_path / "set.jsonl", 3), {"n": 1})


def checkpoint(run: Path, step: int, state: str = "{}") -> None:
    (run / f"checkpoint-{step}").mkdir(exist_ok=True)
    (run / f"checkpoint-{step}/trainer_state.json").write_text(state)


class Evaluator:
    """Counts how often each checkpoint is evaluated; `fail` names those that cannot be."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.fail: set[str] = set()

    def __call__(self, checkpoint: Path, folder: Path) -> dict:
        self.seen.append(checkpoint.name)
        if checkpoint.name in self.fail:
            raise SamplingError("the server ended")
        value = {"value": 0.5, "low": 0.4, "high": 0.6, "questions": 3, "samples": 3}
        numbers = {"measures": {"mean@1": value}, "tokens": None, "reasons": {"right": 3}, "left_out": {}}
        about = dict.fromkeys(("set", "prompts", "parameters", "grader", "model"), "x")
        return about | {"numbers": numbers}


def test_each_once_in_order_and_again_after_a_restart(run, task):
    evaluate = Evaluator()
    for step in (30, 5, 100):
        checkpoint(run, step)
    checkpoint(run, 120, '{"global')  # being written
    (run / "checkpoint-130").mkdir()
    assert watch.watch(run, task, evaluate, once=True) == 3
    assert evaluate.seen == ["checkpoint-5", "checkpoint-30", "checkpoint-100"]
    checkpoint(run, 120)
    with (run / watch.FILE).open("ab") as file:
        file.write(b'{"checkpoint": "checkpoint-120", "step": 1')  # killed while it wrote
    assert watch.watch(run, task, evaluate, once=True) == 1
    assert [entry["step"] for entry in watch.read(run)] == [5, 30, 100, 120]
    assert watch.watch(run, task, evaluate, once=True) == 0


def test_another_set_or_other_settings_are_another_evaluation(run, task, tmp_path):
    evaluate = Evaluator()
    checkpoint(run, 5)
    watch.watch(run, task, evaluate, once=True)
    watch.watch(run, watch.Task(task.data, {"n": 2}), evaluate, once=True)
    watch.watch(run, watch.Task(question_set(tmp_path / "b.jsonl", 4), {"n": 1}), evaluate, once=True)
    assert len(evaluate.seen) == 3


def test_a_checkpoint_that_fails_is_tried_again_and_then_left(run, task, capsys):
    evaluate = Evaluator()
    evaluate.fail = {"checkpoint-5"}
    for step in (5, 10):
        checkpoint(run, step)
    tries: dict = {}
    for _ in range(5):
        watch.catch_up(run, task, evaluate, tries)
    assert evaluate.seen.count("checkpoint-5") == 3
    assert evaluate.seen.count("checkpoint-10") == 1
    assert "checkpoint-5 was not evaluated" in capsys.readouterr().err


def test_two_at_once_are_refused(run, task):
    with watch.alone(run), pytest.raises(ValueError, match="watched by another process"):
        watch.watch(run, task, Evaluator(), once=True)


def test_of_an_output_folder_the_newest_run_that_began_since(run, task):
    output = run.parent
    assert watch.run_of(output) == run
    assert watch.run_of(output, time.time() + 60) is None
    later = output / "v1-2"
    later.mkdir()
    (later / "args.json").write_text("{}")
    os.utime(later / "args.json", (time.time() + 5, time.time() + 5))
    assert watch.run_of(output) == later


@pytest.mark.parametrize(("code", "evaluated"), [(0, 1), (1, 0)])
def test_it_ends_with_the_run(run, tmp_path, code, evaluated):
    """A run of one second: finished, its last checkpoint is evaluated first; failed, the watch ends at once."""
    program = f"""
import sys, pathlib
sys.path[:0] = {[str(Path(__file__).parents[2])]!r}
from swift_grpo.evaluation import watch
from swift_grpo.commands.terminal import ending
from tests.evaluation.test_watch import Evaluator
watch._POLL_SECONDS = 0.2
with ending():
    place = pathlib.Path(sys.argv[2])
    watch.watch(place, watch.Task(place / "set.jsonl", {{"n": 1}}), Evaluator(), until=int(sys.argv[1]))
"""
    question_set(tmp_path / "set.jsonl", 3)
    trainer = subprocess.Popen(["sleep", "60"])
    (run / "args.json").touch()
    watcher = subprocess.Popen([sys.executable, "-c", program, str(trainer.pid), str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert b"watching" in watcher.stdout.readline()
        time.sleep(1)
        assert watcher.poll() is None
        (tmp_path / "launches/1").mkdir(parents=True)
        (tmp_path / "launches/1/run.json").write_text(json.dumps({"exit_code": code}))
        checkpoint(run, 9) if code == 0 else None
        trainer.send_signal(signal.SIGKILL)
        trainer.wait()
        assert watcher.wait(30) in ((0,) if code == 0 else (0, 143))  # 143 where it was in the middle of something
        assert len(watch.read(run)) == evaluated
    finally:
        trainer.kill()
        watcher.kill()
        trainer.wait()
        watcher.wait()
        watcher.stdout.close()


def test_a_run_that_is_gone_is_not_watched(run, task):
    checkpoint(run, 5)
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert watch.watch(run.parent, task, Evaluator(), until=gone.pid) == 0


def test_hostile_lines_of_evals(run):
    (run / watch.FILE).write_text('[]\n3\n{"step": "x"}\n{"step": 1}\n{"step": 2, "measures": {}}\n\ud7ff{')
    assert [entry["step"] for entry in watch.read(run)] == [2]
