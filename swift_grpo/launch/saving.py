"""Saves a checkpoint before the end, if the trainer has ms-swift's `--callbacks graceful_exit`.

Its ranks then handle SIGUSR1 as "finish the step, save, stop" (swift/callbacks/deepspeed_elastic.py). A SIGTERM to the
whole run would also stop torchrun and the server, which the step still needs.
"""

import re
import signal
from collections.abc import Callable

import psutil

from swift_grpo.launch.process import Part

TRAINING = re.compile(r"swift/cli/(rlhf|sft)\.py$")
SECONDS = 300  # time for the longest step and a checkpoint; a cluster's own limit may be shorter


def can_save(command: list[str]) -> bool:
    return "graceful_exit" in command or "--callbacks=graceful_exit" in command


def ranks(trainer: Part) -> list[psutil.Process]:
    """The training processes, without the guard, torchrun and forked data loaders, which have the same words."""
    found = {process.pid: process for process in trainer.family()[1:] if _trains(process)}
    return [process for process in found.values() if _parent(process) not in found]


def save(trainer: Part, pause: Callable[[float], None], seconds: float = SECONDS) -> bool:
    """Ask the ranks for a checkpoint and wait for the trainer's end. Returns whether it succeeded in time."""
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
