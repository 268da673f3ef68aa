"""The parts of a step's time: measured by plugin/step_times.py, read by the inspector."""

import json
import sys
import threading
from contextlib import contextmanager
from io import StringIO
from types import ModuleType, SimpleNamespace

import pytest
from rich.console import Console
from step_times import ALL, FILE, Clock, Recorder, install

from benchmarks.diagnosis.own.synthetic import Run
from swift_grpo.rollouts.facts import times as facts
from swift_grpo.rollouts.facts.curves import curves
from swift_grpo.rollouts.facts.trust import trust
from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.terminal.overview import as_json, print_summary


class Time:
    """A clock that only its own work moves."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at

    def work(self, seconds: float) -> None:
        self.at += seconds


def micro_batch(clock: Clock, time: Time, generates: bool) -> None:
    """The parts of one `training_step` nested as ms-swift nests them."""
    with clock.measure("_prepare_inputs"):
        if generates:
            with clock.measure("_generate_and_score_completions"):
                with clock.measure("_move_model_to_vllm"):
                    time.work(1)
                with clock.measure("_server_rollout"):
                    time.work(0.5)
                    with clock.measure("generate"):
                        time.work(8)
                with clock.measure("_score_completions"), clock.measure("_compute_rewards_per_func"):
                    time.work(2)
                with clock.measure("_prepare_batch_inputs"):
                    time.work(0.25)
                    with clock.measure("_get_per_token_logps_and_entropies"):
                        time.work(3)
                    with clock.measure("_compute_teacher_logps"):
                        time.work(0.5)
                        with clock.measure("_get_per_token_logps_and_entropies"):
                            time.work(1)
        time.work(0.25)
    with clock.measure("compute_loss"), clock.measure("_get_per_token_logps_and_entropies"):
        time.work(4)
    time.work(5)  # backward


def test_the_parts_add_up_to_the_step(tmp_path):
    time = Time()
    recorder = Recorder(time)
    trainer = SimpleNamespace(
        _current_train_step_time=0.0, state=SimpleNamespace(global_step=0), args=SimpleNamespace(output_dir=tmp_path),
        accelerator=SimpleNamespace(is_main_process=True), batches=0,
    )  # fmt: skip

    def training_step(trainer, accumulation=2):
        begun = time()
        micro_batch(recorder.clock, time, generates=trainer.batches % accumulation == 0)
        trainer.batches += 1
        trainer._current_train_step_time += time() - begun
        if trainer.batches % accumulation == 0:
            trainer.logged, trainer._current_train_step_time = trainer._current_train_step_time, 0.0

    for step in range(2):
        trainer.state.global_step = step
        for _ in range(2):
            recorder.step(trainer, training_step)
            time.work(0.125)
        with recorder.clock.measure("_prepare_inputs"), recorder.clock.measure("generate"):
            time.work(0.5)  # an evaluation
    lines = [json.loads(line) for line in (tmp_path / FILE).read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2]
    assert lines[0]["seconds"] == trainer.logged == sum(lines[0][name] for name in ALL)
    expected = {
        "generation": 8.5,
        "weight sync": 1,
        "rewards": 2,
        "teacher": 1.5,
        "log-probabilities": 3,
        "gradient": 18,
        "other": 0.75,
    }
    assert {name: lines[0][name] for name in ALL} == expected
    assert [line["between"] for line in lines] == [0.125, 0.75]


def test_another_thread_is_not_the_steps(tmp_path):
    time = Time()
    clock = Clock(time)

    def generate():
        with clock.measure("generate"):
            time.work(5)

    with clock.measure("training_step"):
        thread = threading.Thread(target=generate)
        thread.start()
        thread.join()
    assert clock.take()["generation"] == 0


def test_an_exception_closes_its_part():
    time = Time()
    clock = Clock(time)
    with pytest.raises(KeyError), clock.measure("training_step"), clock.measure("generate"):
        raise KeyError
    assert clock.open == []


@pytest.fixture
def swift(monkeypatch):
    """The parts of ms-swift's modules that are wrapped, put together as there."""
    names = (
        "swift",
        "swift.rlhf_trainers",
        *(f"swift.rlhf_trainers.{n}" for n in ("utils", "grpo_trainer", "rollout_mixin")),
    )
    modules = {name: ModuleType(name) for name in names}
    utils, grpo_trainer, rollout_mixin = (modules[name] for name in names[2:])
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
        if "." in name:
            setattr(modules[name.rpartition(".")[0]], name.rpartition(".")[2], module)

    @contextmanager
    def profiling_context(trainer, name):
        trainer.profiled.append(name)
        yield

    class GRPOTrainer:
        def __init__(self, output_dir):
            self.profiled, self._current_train_step_time = [], 0.0
            self.state, self.args = SimpleNamespace(global_step=0), SimpleNamespace(output_dir=output_dir)
            self.accelerator = SimpleNamespace(is_main_process=True)

        def training_step(self, model):
            with grpo_trainer.profiling_context(self, "_prepare_inputs"):
                self._server_rollout()
            return "loss"

        def _server_rollout(self):
            with rollout_mixin.profiling_context(self, "generate"):
                return "text"

        def _wait_queue(self):
            pass

        _compute_teacher_logps = _assemble_teacher_api_logps = _wait_queue

    for module in (utils, grpo_trainer, rollout_mixin):
        module.profiling_context = profiling_context
    grpo_trainer.GRPOTrainer = GRPOTrainer
    return GRPOTrainer


def test_it_is_built_into_the_trainer_once(swift, tmp_path):
    for _ in range(2):
        install()
    trainer = swift(tmp_path)
    assert trainer.training_step("model") == "loss"
    assert trainer.profiled == ["_prepare_inputs", "generate"]  # ms-swift's own figures still go where they went
    [line] = map(json.loads, (tmp_path / FILE).read_text().splitlines())
    assert line["generation"] > 0 and line["other"] > 0 and line["gradient"] > 0


def test_what_the_plugin_left_out_stands_in_the_line(swift, tmp_path):
    install()
    trainer = swift(tmp_path)
    for said in ("", "skipped"):
        trainer.old_logps = said
        trainer.training_step("model")
    assert [json.loads(line).get("old_logps") for line in (tmp_path / FILE).read_text().splitlines()] == [
        None,
        "skipped",
    ]


def test_it_can_be_switched_off(swift, tmp_path, monkeypatch):
    monkeypatch.setenv("STEP_TIMES", "0")
    install()
    swift(tmp_path).training_step("model")
    assert not (tmp_path / FILE).exists()


@pytest.fixture
def timed(tmp_path):
    run = Run().write(tmp_path / "run")
    lines = (run / "logging.jsonl").read_text().splitlines()
    seconds = [json.loads(line)["step_time"] for line in lines if "step_time" in line]
    parts = {"generation": 0.6, "gradient": 0.3, "rewards": 0.1}
    rows = [
        {"step": k + 1, "seconds": s, **{name: share * s for name, share in parts.items()}, "between": 0.0}
        for k, s in enumerate(seconds)
    ]
    rows[3]["seconds"] *= 1.2
    (run / FILE).write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"step": 7, "sec')
    return run


def test_the_inspector_says_what_the_run_waits_for(timed):
    with open_index(timed) as index:
        found = facts.times(index)
        chart = next(chart for chart in curves(index)["charts"] if chart["id"] == "time")
    assert found.shares == pytest.approx({"generation": 0.6, "gradient": 0.3, "rewards": 0.1})
    assert found.checked == (35, 36)
    assert found.advice.startswith("the run waits for generation (60%") and "SERVE_GPUS" in found.advice
    assert chart["kind"] == "stack" and [one["name"] for one in chart["series"]] == [
        "generation",
        "rewards",
        "gradient",
    ]


@pytest.mark.parametrize(
    ("old", "said"),
    [
        ("skipped", "each step skips the pass for old log-probabilities, whose ratio is 1 by construction"),
        (
            "computed: SKIP_OLD_LOGPS=0",
            "each step makes the pass for old log-probabilities (computed: SKIP_OLD_LOGPS=0)",
        ),
        (None, ""),  # older logs
    ],
)
def test_the_summary_says_what_was_saved(timed, old, said):
    path = timed / FILE
    lines = [json.loads(line) for line in path.read_text().splitlines()[:-1]]
    path.write_text("".join(json.dumps(line | ({"old_logps": old} if old else {})) + "\n" for line in lines))
    with open_index(timed) as index:
        found = facts.times(index)
        console = Console(width=200, record=True, file=StringIO())
        print_summary(console, index, trust(index))
        assert found.saved == said == as_json(index, trust(index))["times"]["saved"]
    assert len(found.steps) == len(lines)
    assert ("old log-probabilities" in console.export_text()) == bool(said)


def test_the_plugins_parts_are_the_inspectors():
    assert facts.FILE == FILE
    assert set(ALL) | {"between"} == set(facts.PARTS) == set(facts.TREATED)


def test_without_the_file(healthy_run):
    with open_index(healthy_run) as index:
        assert facts.times(index) is None
        assert [c["title"] for c in curves(index)["charts"] if c["id"] == "time"] == ["Step time"]
