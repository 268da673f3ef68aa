"""Runs one command so that none of its processes outlives it: when it ends, when it is stopped, or when the launcher is
killed with SIGKILL.

`swift` forwards no signals, torchrun and vLLM put their workers into separate sessions, and a worker whose parent dies
moves to another parent. So the guard becomes the parent of every orphan below it (PR_SET_CHILD_SUBREAPER) and asks the
kernel for a SIGTERM when the launcher dies (PR_SET_PDEATHSIG, see prctl(2)). Then it only has to stop its descendants.

    python -m swift_grpo.launch.guard LAUNCHER_PID COMMAND...
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from swift_grpo.launch import scratch

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
OUT_OF_TIME = signal.SIGUSR1  # from Slurm, before a job's time limit
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
GRACE_SECONDS = 10


def main() -> int:
    launcher, command = int(sys.argv[1]), sys.argv[2:]
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS | {signal.SIGCHLD})
    adopt_orphans()
    _ask_for_signal(signal.SIGTERM)
    if os.getppid() != launcher:  # it died before the line above
        return 128 + signal.SIGTERM
    ours = scratch.of_guard()
    os.environ["PATH"] = with_own_swift(os.environ.get("PATH", os.defpath))
    try:
        child = subprocess.Popen(command, preexec_fn=end_with_parent)
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    stopped_by = wait(child)
    if ours:
        ours.look(psutil.Process().children(recursive=True))
    stop_descendants()
    if ours and os.getppid() != launcher:
        ours.clear()
    if stopped_by:
        return 128 + stopped_by
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def with_own_swift(path: str) -> str:
    """PATH with the `swift` of this Python's environment first, even if the environment is not activated."""
    own = Path(sys.executable).parent
    return f"{own}{os.pathsep}{path}" if (own / "swift").exists() else path


def adopt_orphans() -> None:
    """From now on this process is the parent of every process below it whose own parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def _ask_for_signal(number: signal.Signals) -> None:
    """Ask the kernel to send `number` when this process's parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def wait(child: subprocess.Popen) -> int:
    """Wait until the child ends or a stop signal arrives; returns the signal's number, or 0."""
    while child.poll() is None:
        number = signal.sigwait(STOP_SIGNALS | {signal.SIGCHLD})
        if number in STOP_SIGNALS:
            return int(number)
    return 0


def stop_signals() -> set[signal.Signals]:
    """The stop signals that the caller does not ignore: under nohup a run survives a hang-up of the terminal."""
    return {number for number in STOP_SIGNALS if signal.getsignal(number) != signal.SIG_IGN}


def received(signals: set[signal.Signals], seconds: float) -> int:
    """The number of the blocked signal that arrives within `seconds`, 0 if none does.

    Python 3.11 and 3.12 return an uninitialized siginfo if SIGCONT interrupts the wait beyond its end.
    """
    info = signal.sigtimedwait(signals, seconds)
    return info.si_signo if info is not None and info.si_signo in signals else 0


def stop_descendants() -> None:
    """Send SIGTERM to all descendants, and SIGKILL to those left after GRACE_SECONDS or a second stop signal. One that
    is stopped (SIGSTOP) cannot handle SIGTERM and gets SIGKILL at once."""
    asked: set[int] = set()
    deadline = time.monotonic() + GRACE_SECONDS
    while alive := descendants():
        late = time.monotonic() > deadline or received(STOP_SIGNALS, 0) != 0
        deadline = 0 if late else deadline
        for process in alive:
            still = standing_still(process)
            if late or still or process.pid not in asked:
                asked.add(process.pid)
                _signal(process, signal.SIGKILL if late or still else signal.SIGTERM)
        time.sleep(0.1)


def descendants() -> list[psutil.Process]:
    """What runs below this process."""
    return [process for process in psutil.Process().children(recursive=True) if _running(process)]


def _running(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def standing_still(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, number: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)  # a stopped process does not handle SIGTERM


def end_with_parent() -> None:
    """In a child before its program starts: SIGTERM when its parent is killed, and no blocked signals."""
    _ask_for_signal(signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())


if __name__ == "__main__":
    sys.exit(main())
