"""Where a step's time goes and how much memory it takes, by the same wraps in ms-swift and in TRL: a line of JSON a step.

    {"step": 7, "seconds": 12.1, "generation": 6.0, "log-probabilities": 0.0, "gradient": 4.9, "peak_mb": 2210.4}

It measures as soon as it is imported, into the file named by the environment variable STOPWATCH: ms-swift loads it with
--external_plugins, trl_run.py imports it. `seconds` is from one step's end to the next one's, optimizer and logging among it;
the first step has none. The parts are what both call: `generate` of transformers, the pass for log-probabilities before the
loss, and the loss with its backward pass. The peak is VmHWM of the process that trains, in MB of 10^6 bytes, without children.
"""

import functools
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wrapt

VARIABLE = "STOPWATCH"
PARTS = ("generation", "log-probabilities", "gradient")
LOGPS = "_get_per_token_logps_and_entropies"  # of both trainers; inside `compute_loss` it is a part of the gradient


def peak_mb(status: Path = Path("/proc/self/status")) -> float:
    kilobytes = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) * 1024 / 1e6


class Stopwatch:
    """Seconds by part; a part inside another one counts as the outer one's."""

    def __init__(self, path: Path, now: Callable[[], float] = time.perf_counter) -> None:
        self.path, self.now = path, now
        self.running = False
        self.ended: float | None = None  # when the last step did
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.steps = 0

    def timed(self, part: str, function: Callable) -> Callable:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.running:
                return function(*args, **kwargs)
            self.running, begun = True, self.now()
            try:
                return function(*args, **kwargs)
            finally:
                self.running = False
                self.seconds[part] += self.now() - begun

        return call

    def step_ends(self) -> None:
        now, self.steps = self.now(), self.steps + 1
        whole = None if self.ended is None else now - self.ended
        line = {"step": self.steps, "seconds": whole, **self.seconds, "peak_mb": peak_mb()}
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        self.ended, self.seconds = self.now(), dict.fromkeys(PARTS, 0.0)

    def wrap(self, part: str, owner: type, name: str) -> None:
        setattr(owner, name, self.timed(part, getattr(owner, name)))


def install(path: Path) -> None:
    watch = Stopwatch(path)

    def trainer(module: Any) -> None:
        watch.wrap("gradient", module.GRPOTrainer, "compute_loss")
        watch.wrap("log-probabilities", module.GRPOTrainer, LOGPS)

    def callbacks(module: Any) -> None:
        step_end = module.CallbackHandler.on_step_end

        @functools.wraps(step_end)
        def on_step_end(*args: Any, **kwargs: Any) -> Any:
            watch.step_ends()
            return step_end(*args, **kwargs)

        module.CallbackHandler.on_step_end = on_step_end

    for name, patch in (
        ("transformers.generation.utils", lambda module: watch.wrap("generation", module.GenerationMixin, "generate")),
        ("accelerate.accelerator", lambda module: watch.wrap("gradient", module.Accelerator, "backward")),
        ("transformers.trainer_callback", callbacks),
        ("trl.trainer.grpo_trainer", trainer),  # ms-swift's is a class below it, with both methods anew
        ("swift.rlhf_trainers.grpo_trainer", trainer),
    ):
        wrapt.register_post_import_hook(patch, name)


if VARIABLE in os.environ:
    install(Path(os.environ[VARIABLE]))
