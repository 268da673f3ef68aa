"""Writes where a step's time goes: `step_times.jsonl` next to the log, one line per optimizer step.

    {"step": 7, "seconds": 12.1, "generation": 6.0, "weight sync": 0.4, "rewards": 0.2, "gradient": 3.4, ..., "between": 0.3}

ms-swift measures its parts (`profiling_context` in swift/rlhf_trainers/utils.py) and reports them only to wandb and
swanlab. Here the same parts are measured, each without those inside it, so that they add up to the step. `seconds` is
the `step_time` of logging.jsonl, and `between` the time between two steps (optimizer, logging, saving, evaluation).
`old_logps` is the result of old_logps.py: "skipped", or "computed: " and the reason. Rank 0 measures; its waits for
other ranks count in the part that waits. STEP_TIMES=0 switches it off.
"""

import functools
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FILE = "step_times.jsonl"
STEP = "training_step"  # a micro-batch; every part of a step is inside one
# ms-swift's name of a part -> what it counts as. A part without a name here belongs to the one around it.
PARTS = {
    "generate": "generation",
    "_wait_queue": "generation",  # --async_generate: the rest of a generation that began a step ago
    "_server_rollout": "generation",  # the other ranks wait here
    "_move_model_to_vllm": "weight sync",
    "_score_completions": "rewards",
    "_compute_rewards_per_func": "rewards",
    "_prepare_batch_inputs": "other",  # templates and collation; its log-probabilities are a separate part
    "_generate_and_score_completions": "other",
    "_prepare_inputs": "other",
    "log_metrics": "other",
    "_compute_teacher_logps": "teacher",  # in the trainer
    "_assemble_teacher_api_logps": "teacher",  # its server
    STEP: "gradient",  # forward, backward, and with DeepSpeed the optimizer
    "compute_loss": "gradient",
}
LOGPS = "_get_per_token_logps_and_entropies"  # with a gradient inside compute_loss, without one before it
ALL = ("generation", "weight sync", "rewards", "teacher", "log-probabilities", "gradient", "other")


class Clock:
    """Seconds by part, each without the parts inside it, of one thread: those of others do not belong to the step."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self.now, self.thread = now, threading.get_ident()
        self.seconds = dict.fromkeys(ALL, 0.0)
        self.open: list[str] = []  # the parts that are running, outermost first
        self.since = now()

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        if threading.get_ident() != self.thread or not (
            self.open or name == STEP
        ):  # an evaluation is not part of a step
            yield
            return
        part = self._part(name)
        self._charge()
        self.open.append(part)
        try:
            yield
        finally:
            self._charge()
            self.open.pop()

    def take(self) -> dict[str, float]:
        """The times measured since the last call."""
        self._charge()
        taken, self.seconds = self.seconds, dict.fromkeys(ALL, 0.0)
        return taken

    def _part(self, name: str) -> str:
        around = self.open[-1] if self.open else "other"
        if name == LOGPS:
            return around if around in ("gradient", "teacher") else "log-probabilities"
        return PARTS.get(name, around)

    def _charge(self) -> None:
        now = self.now()
        if self.open:
            self.seconds[self.open[-1]] += now - self.since
        self.since = now


class Recorder:
    """Measures a trainer's steps and writes a line for each."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self.clock = Clock(now)
        self.ended: float | None = None
        self.between = 0.0

    def step(self, trainer: Any, training_step: Callable, *args: Any, **kwargs: Any) -> Any:
        """One `training_step` of a trainer: a micro-batch. TRL counts `step_time` in the same way."""
        clock, start = self.clock, self.clock.now()
        self.between += 0.0 if self.ended is None else start - self.ended
        with clock.measure(STEP):
            result = training_step(trainer, *args, **kwargs)
        self.ended = clock.now()
        if trainer._current_train_step_time == 0:  # TRL has closed the step
            self.write(trainer)
        return result

    def write(self, trainer: Any) -> None:
        parts = self.clock.take()
        line = {"step": trainer.state.global_step + 1, "seconds": sum(parts.values()), **parts, "between": self.between}
        self.between = 0.0
        if trainer.accelerator.is_main_process:
            line = {name: round(value, 6) for name, value in line.items()}
            line |= {"old_logps": said} if (said := getattr(trainer, "old_logps", "")) else {}
            with (Path(trainer.args.output_dir) / FILE).open("a") as file:
                file.write(json.dumps(line) + "\n")


def install() -> None:
    """Measure from now on; later calls do nothing. Called when a reward is built, before the first step."""
    from swift.rlhf_trainers import grpo_trainer, rollout_mixin, utils

    trainer = grpo_trainer.GRPOTrainer
    if os.environ.get("STEP_TIMES") == "0" or hasattr(trainer, "step_times"):
        return
    trainer.step_times = recorder = Recorder()
    profiling_context, training_step = utils.profiling_context, trainer.training_step

    @contextmanager
    def measured(self: Any, name: str) -> Iterator[None]:
        with profiling_context(self, name), recorder.clock.measure(name):
            yield

    for module in (utils, grpo_trainer, rollout_mixin):
        module.profiling_context = measured
    for name in ("_wait_queue", "_server_rollout", "_compute_teacher_logps", "_assemble_teacher_api_logps"):
        setattr(trainer, name, _within(recorder, name, getattr(trainer, name)))

    @functools.wraps(training_step)
    def step(self: Any, *args: Any, **kwargs: Any) -> Any:
        return recorder.step(self, training_step, *args, **kwargs)

    trainer.training_step = step


def _within(recorder: Recorder, name: str, function: Callable) -> Callable:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with recorder.clock.measure(name):
            return function(*args, **kwargs)

    return call
