"""Evaluates each new checkpoint of a run once, and appends the result to `evals.jsonl` in the run's folder.

RUN/evals.jsonl             one line per checkpoint: step, set, measures with intervals; the inspector plots it
RUN/evals/checkpoint-N/     the evaluation itself: `swift-grpo eval diff` compares two of them
"""

import contextlib
import fcntl
import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import psutil

from swift_grpo.formats.evaluations import FILE, read

_POLL_SECONDS = 5.0
_LONGEST = 2048  # tokens of an answer if neither the settings nor the run say
_TRIES = 3  # for one checkpoint, before it is skipped

Evaluate = Callable[[Path, Path], dict[str, Any]]  # (checkpoint, folder) -> the summary


@dataclass(frozen=True)
class Task:
    """How to evaluate each checkpoint: the set's file and the settings. Both identify an entry of evals.jsonl.

    `settings` are those of SamplingParameters; no system prompt and 0 tokens mean the run's own.
    """

    data: Path
    settings: dict[str, Any]

    def key(self) -> str:
        """12 hex digits of the set's content and the settings."""
        digest = hashlib.blake2b(self.data.read_bytes(), digest_size=6)
        digest.update(json.dumps(self.settings, sort_keys=True).encode())
        return digest.hexdigest()


def complete(run: Path) -> list[Path]:
    """A run's complete checkpoints in order of their steps. The trainer writes `trainer_state.json` last."""
    found = []
    for path in run.glob("checkpoint-*"):
        with contextlib.suppress(OSError, ValueError):
            json.loads((path / "trainer_state.json").read_bytes())
            found.append((int(path.name.removeprefix("checkpoint-")), path))
    return [path for _, path in sorted(found)]


def append(run: Path, entry: dict[str, Any]) -> None:
    """Append one whole line, after removing a torn one that a kill left."""
    with (run / FILE).open("a+b") as file:
        file.seek(0)
        whole = file.read()
        file.truncate(whole.rfind(b"\n") + 1)
        file.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
        file.flush()
        os.fsync(file.fileno())


def catch_up(run: Path, task: Task, evaluate: Evaluate, tries: dict[Path, int]) -> int:
    """Evaluate complete checkpoints not yet in evals.jsonl, oldest first; returns how many. Failures are retried."""
    from swift_grpo.sampling.models import SamplingError

    key, new = task.key(), 0
    done = {entry.get("checkpoint") for entry in read(run) if entry.get("key") == key}
    for checkpoint in complete(run):
        if checkpoint.name in done or tries.get(checkpoint, 0) >= _TRIES:
            continue
        tries[checkpoint] = tries.get(checkpoint, 0) + 1
        try:
            summary = evaluate(checkpoint, run / "evals" / checkpoint.name)
        except (SamplingError, OSError, ValueError) as error:
            gone = "" if checkpoint.is_dir() else " (the run removed it: --save_total_limit)"
            print(f"swift-grpo: {checkpoint.name} was not evaluated{gone}: {error}", file=sys.stderr, flush=True)
            continue
        numbers = summary["numbers"]
        about = {"checkpoint": checkpoint.name, "step": int(checkpoint.name.split("-")[1]), "key": key}
        entry = about | {name: summary[name] for name in ("set", "prompts", "parameters", "grader", "model")}
        entry |= {"time": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
        append(run, entry | {name: numbers[name] for name in ("measures", "tokens", "reasons", "left_out")})
        first = next(iter(numbers["measures"].items()))
        print(f"swift-grpo: {checkpoint.name}: {first[0]} {first[1]['value']:.3f}", flush=True)
        new += 1
    return new


@contextlib.contextmanager
def alone(run: Path) -> Iterator[None]:
    """Hold the run's lock. Raises ValueError if another process watches this run."""
    (run / "evals").mkdir(exist_ok=True)
    with (run / "evals/lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(f"{run} is being watched by another process") from None
        yield


def watch(place: Path, task: Task, evaluate: Evaluate, once: bool = False, until: int | None = None) -> int:
    """Watch a run, or the newest run of an output folder; returns the number of evaluated checkpoints.

    `once`: evaluate existing checkpoints only. `until`: watch a run of that process while it lives. If it succeeds, the
    remaining checkpoints are evaluated first; if it fails or is stopped, this ends at once, also in an evaluation.
    """
    try:
        process = psutil.Process(until) if until is not None else None
        since = process.create_time() if process else 0.0
    except psutil.NoSuchProcess:
        print(f"swift-grpo: process {until} is gone; there is no run to watch", file=sys.stderr, flush=True)
        return 0
    new = 0
    tries: dict[Path, int] = {}
    print(f"swift-grpo: watching {place}", flush=True)
    if process:
        threading.Thread(target=_end_with, args=(process, place), daemon=True).start()
    while True:
        over = once or (
            until is not None and not (process and _alive(process))
        )  # before looking: what came last is seen
        if over and process and not finished(place, since):
            return new
        if run := run_of(place, since):
            with alone(run):
                new += catch_up(run, task, evaluate, tries)
        if over:
            return new
        time.sleep(_POLL_SECONDS)


def run_of(place: Path, since: float = 0.0) -> Path | None:
    """The run's folder itself, or the newest run in an output folder started after `since` (seconds since 1970)."""
    if (place / "args.json").is_file():
        return place
    found = [(path.stat().st_mtime, path.parent) for path in place.glob("v*-*/args.json")]
    newest = max(found, default=(0.0, None))
    return newest[1] if newest[0] >= since else None


def finished(place: Path, since: float) -> bool:
    """Whether the last launch recorded in an output folder since then succeeded. True if none is recorded."""
    records = [path for path in place.glob("launches/*/run.json") if path.stat().st_mtime >= since]
    if not records:
        return True
    last = max(records, key=lambda path: path.stat().st_mtime)
    try:
        return json.loads(last.read_bytes()).get("exit_code") == 0
    except (OSError, ValueError):
        return False


def _end_with(process: psutil.Process, place: Path) -> None:
    since = process.create_time()
    while _alive(process):
        time.sleep(1)
    if not finished(place, since):
        print("swift-grpo: the run did not finish; its watch ends with it", file=sys.stderr, flush=True)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)  # interrupts any wait


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def evaluator(task: Task, served: Any, rewards: Any, prefilled: bool) -> Evaluate:
    """A function that serves and evaluates a checkpoint, with the run's own system prompt, length and tools by default."""
    from swift_grpo.evaluation import evaluate
    from swift_grpo.formats.samples import SamplingParameters

    def one(checkpoint: Path, folder: Path) -> dict[str, Any]:
        model = evaluate.model_of(str(checkpoint), (), replace(served, logs=folder / "servers"))
        trained = evaluate.trained_with(model)
        own = {"system": trained["system"], "max_tokens": trained["max_tokens"] or _LONGEST}
        own |= evaluate.trained_tools(checkpoint)
        given = {name: value for name, value in task.settings.items() if value}
        parameters = SamplingParameters(**(task.settings | own | given))
        return evaluate.evaluate(model, evaluate.names_of([task.data]), parameters, folder, rewards, prefilled)[0]

    return one
