"""A checkpoint before the end, where the trainer can make one: ms-swift's `--callbacks graceful_exit`.

Its ranks then take SIGUSR1 as "finish the step, save, stop" (swift/callbacks/deepspeed_elastic.py). A SIGTERM to all of a run
would stop torchrun and the server too, which both have to live until the step is done.
"""

import re
import signal
from collections.abc import Callable

import psutil

from swift_grpo.launch.process import Part

TRAINING = re.compile(r"swift/cli/(rlhf|sft)\.py$")
SECONDS = 300  # transformers asks for the longest step and a checkpoint's time; a cluster's own limit comes earlier


def can_save(command: list[str]) -> bool:
    return "graceful_exit" in command or "--callbacks=graceful_exit" in command


def ranks(trainer: Part) -> list[psutil.Process]:
    """The training processes, but the guard, torchrun and what they forked (data loaders have their words too)."""
    found = {process.pid: process for process in trainer.family()[1:] if _trains(process)}
    return [process for process in found.values() if _parent(process) not in found]


def save(trainer: Part, pause: Callable[[float], None], seconds: float = SECONDS) -> bool:
    """Ask the ranks for a checkpoint and wait until the trainer has ended: whether it did so in time."""
    for process in ranks(trainer):
        try:
            process.send_signal(signal.SIGUSR1)
        except psutil.NoSuchProcess:
            continue
    for _ in range(int(seconds)):
        if trainer.process.poll() is not None:
            return trainer.process.returncode == 0
        pause(1)
    return False


def _parent(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return 0


def _trains(process: psutil.Process) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:
        return False
    return any(TRAINING.search(word) for word in words) and "torch.distributed.run" not in words
