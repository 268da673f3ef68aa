"""Speed and wrong verdicts of ours, ms-swift, TRL and math-verify in one run: `python -m tests.rewards.grading.bench`.

Set A: golds of GSM8K's kind, integers. Set B: mixed golds. Both with the answer boxed at the end of the text, and in
`<answer>` after a thought. Ours grades the whole batch with nothing remembered, once a round; the others, which take
minutes, a stated sample of it, a part each round, so that all see the same load of the machine. Then hostile items.
"""

import argparse
import contextlib
import functools
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.rewards.grading import batch, peers
from tests.rewards.grading.batch import Batch

ROUNDS = 4
GRADERS: dict[str, peers.Grader] = {"ms-swift": peers.ms_swift, "TRL": peers.trl, "math-verify": peers.math_verify}


@dataclass
class Score:
    """What a grader took, in seconds, and what it got wrong."""

    graded: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    false_right: int = 0
    false_wrong: int = 0
    unjudged: int = 0
    verdicts: list = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.graded / self.wall

    def add(self, part: Batch, grader: Callable[[], list]) -> None:
        wall, cpu = time.perf_counter(), cpu_seconds()
        verdicts = grader()
        self.wall += time.perf_counter() - wall
        self.cpu += cpu_seconds() - cpu
        self.graded += len(part)
        self.verdicts = verdicts
        for verdict, truth in zip(verdicts, part.truth, strict=True):
            self.false_right += verdict == 1.0 and truth is False
            self.false_wrong += verdict == 0.0 and truth is True
            self.unjudged += verdict is None


def cpu_seconds() -> float:
    """Of this process and of the workers that run."""
    from grpo_rewards import pool

    pids = [worker.process.pid for worker in pool._pool.workers] if pool._pool else []
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return time.process_time() + sum(t.user + t.system for t in times)


def forget() -> None:
    """Empties all that ours remembers; the workers stay."""
    from grpo_rewards import grading

    grading._verdicts.clear()
    for name, module in sys.modules.items():
        if name.startswith("grpo_rewards."):
            for value in vars(module).values():
                if isinstance(value, functools._lru_cache_wrapper):
                    value.cache_clear()


def start_workers() -> float:
    """Seconds until all workers of the pool have answered."""
    from grpo_rewards import pool

    start = time.perf_counter()
    pool.decide([("1", "1")] * 8)
    return time.perf_counter() - start


def ours(part: Batch) -> list:
    forget()
    return peers.ours(part.completions, part.golds)


def every(part: Batch, step: int, first: int) -> Batch:
    return Batch(part.completions[first::step], part.golds[first::step], part.truth[first::step])


def compare(kinds: str, form: str, sample: int) -> None:
    """Prints the table of one set."""
    whole = batch.make(kinds, form)
    step = max(1, len(whole) // sample)
    sampled = every(whole, step, 0)
    scores = {"ours": Score()} | {name: Score() for name in GRADERS}
    first = Score()
    for turn in range(ROUNDS):
        score = Score() if turn else first
        score.add(whole, lambda: ours(whole))
        scores["ours"].graded += score.graded
        scores["ours"].wall += score.wall
        scores["ours"].cpu += score.cpu
        part = every(sampled, ROUNDS, turn)
        for name, grader in GRADERS.items():
            scores[name].add(part, lambda grader=grader, part=part: grader(part.completions, part.golds))
    on_sample = Score()
    on_sample.add(sampled, lambda: ours(sampled))
    print(
        f"\nset {kinds}, answers {form}: {len(whole)} completions of {len(set(whole.golds))} golds; "
        f"the others on every {step}th, {len(sampled)}"
    )
    print(
        "| grader | graded | wall s | CPU s | completions/s | times ms-swift (wall; CPU) | false right | false wrong | None |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name, score in scores.items():
        wrong = on_sample if name == "ours" else score
        by_wall = score.rate / scores["ms-swift"].rate
        by_cpu = score.graded / score.cpu / (scores["ms-swift"].graded / scores["ms-swift"].cpu)
        print(
            f"| {name} | {score.graded} | {score.wall:.2f} | {score.cpu:.2f} | {score.rate:,.0f} | {by_wall:,.1f}; "
            f"{by_cpu:,.1f} | {wrong.false_right} | {wrong.false_wrong} | {wrong.unjudged} |"
        )
    print(
        f"ours on the whole batch: {first.false_right} false right, {first.false_wrong} false wrong, {first.unjudged} None"
    )
    print_hard_pairs(whole)


def print_hard_pairs(whole: Batch) -> None:
    """Which distinct pairs ours sends to the workers."""
    from grpo_rewards import pool

    asked: list = []
    decide = pool.decide
    pool.decide = lambda pairs: asked.extend(pairs) or decide(pairs)
    try:
        ours(whole)
    finally:
        pool.decide = decide
    print(f"distinct pairs that reach the workers: {len(asked)}", *asked[:20], sep="\n  ")


def peak_memory(pid: int) -> int:
    """MiB; not from `getrusage`, whose peak a process inherits from the one that started it."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) // 1024


def watch_workers(peaks: dict[int, int]) -> None:
    """Keeps each worker's peak memory, from now on until the program ends."""
    from grpo_rewards import pool

    def watch():
        while True:
            for worker in list(pool._pool.workers):
                with contextlib.suppress(OSError, TypeError):  # it is gone
                    peaks[worker.process.pid] = peak_memory(worker.process.pid)
            time.sleep(0.02)

    threading.Thread(target=watch, daemon=True).start()


def hostile(kinds: str) -> dict:
    """One per cent of hostile items against the clean batch, in seconds and MiB; workers up, nothing remembered."""
    clean = batch.make(kinds)
    mixed = batch.with_hostile(clean)
    start_workers()
    before, after, peaks = Score(), Score(), {}
    watch_workers(peaks)
    before.add(clean, lambda: ours(clean))
    after.add(mixed, lambda: ours(mixed))
    kept = [verdict for verdict, truth in zip(after.verdicts, mixed.truth, strict=True) if truth is not None]
    others = [verdict for verdict, truth in zip(after.verdicts, mixed.truth, strict=True) if truth is None]
    return {
        "set": kinds,
        "hostile items": len(others),
        "clean s": round(before.wall, 2),
        "mixed s": round(after.wall, 2),
        "allowed s": round(1.5 * before.wall + 5, 2),
        "clean verdicts unchanged": kept == before.verdicts,
        "hostile items paid": others.count(1.0),
        "peak MiB, this process": peak_memory(os.getpid()),
        "peak MiB, largest worker": max(peaks.values()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=400, help="completions of a batch that the other graders grade")
    parser.add_argument("--fast", action="store_true", help="a sample of 40, answers boxed only")
    parser.add_argument("--hostile", choices=list(batch.SETS), help="only the hostile items, as JSON")
    options = parser.parse_args()
    if options.hostile:
        print(json.dumps(hostile(options.hostile)))
        return
    peers.quiet()
    print(f"load {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores before the run")
    for name, grader in GRADERS.items():
        start = time.perf_counter()
        grader(["\\boxed{1}"], ["1"])
        print(f"{name}: {time.perf_counter() - start:.1f} s to start")
    print(f"ours: {start_workers():.1f} s to start its workers", flush=True)
    for kinds in batch.SETS:
        for form in ("boxed",) if options.fast else ("boxed", "tags"):
            compare(kinds, form, 40 if options.fast else options.sample)
            sys.stdout.flush()
    print()
    for kinds in batch.SETS:
        command = [sys.executable, "-m", "tests.rewards.grading.bench", "--hostile", kinds]
        print(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip(), flush=True)
    print(f"load {os.getloadavg()[0]:.1f} after the run")


if __name__ == "__main__":
    main()
