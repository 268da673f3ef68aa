"""Ours beside ms-swift, TRL and plain math-verify, on one batch in one run: `python -m benchmarks.grader.speed`.

Prints completions a second, the ratio to ms-swift's, and the wrong verdicts; then what one per cent of hostile
completions cost us. Takes about two minutes on two free cores; nothing else should run.
"""

import logging
import os
import resource
import statistics
import time
from collections.abc import Callable

from benchmarks.grader import batch as batches
from benchmarks.grader.batch import Batch

Grader = Callable[[list[str], list[str]], list[float | None]]


def ours(completions: list[str], golds: list[str]) -> list[float | None]:
    from grpo_rewards import grading
    from grpo_rewards.answers import reading

    grading._verdicts.clear()  # as in the first step of a run
    grading._gold_text.cache_clear()
    reading.read.cache_clear()
    return grading.grade_batch(completions, golds)


def ms_swift(completions: list[str], golds: list[str]) -> list[float | None]:
    from swift.rewards import orms

    return orms["accuracy"]()(completions, golds)


def trl(completions: list[str], golds: list[str]) -> list[float | None]:
    from trl.rewards import accuracy_reward

    return accuracy_reward([[{"role": "assistant", "content": c}] for c in completions], golds)


def math_verify(completions: list[str], golds: list[str]) -> list[float | None]:
    from math_verify import parse, verify

    return [float(verify(parse(gold), parse(completion))) for completion, gold in zip(completions, golds, strict=True)]


def measure(grader: Grader, batch: Batch) -> tuple[float, int, int]:
    """Seconds, and how many verdicts were wrongly right and wrongly wrong; None counts as wrong where the answer is right.

    The median of as many runs as fit into a second, at least one.
    """
    grader(batch.completions[:2], batch.golds[:2])  # imports
    seconds: list[float] = []
    while sum(seconds) < 1:
        start = time.perf_counter()
        verdicts = grader(batch.completions, batch.golds)
        seconds.append(time.perf_counter() - start)
    judged = list(zip(verdicts, batch.right, strict=True))
    wrong = sum(v == 1 and not r for v, r in judged), sum(v != 1 and r for v, r in judged)
    return statistics.median(seconds), *wrong


def compare(name: str, batch: Batch) -> None:
    print(f"\n{name}: {len(batch.completions)} completions, load {os.getloadavg()[0]:.1f}")
    print(f"{'grader':<14}{'per second':>12}{'x ms-swift':>12}{'false right':>13}{'false wrong':>13}")
    base = None
    for label, grader in {"ms-swift": ms_swift, "TRL": trl, "math-verify": math_verify, "ours": ours}.items():
        seconds, false_right, false_wrong = measure(grader, batch)
        rate = len(batch.completions) / seconds
        base = base or rate
        print(f"{label:<14}{rate:>12,.0f}{rate / base:>12,.1f}{false_right:>13}{false_wrong:>13}", flush=True)


def attack(name: str, batch: Batch, clean: float) -> None:
    from grpo_rewards import pool

    mixed, chosen = batches.hostile(batch)
    before = ours(batch.completions, batch.golds)
    if pool._pool is not None:  # it remembers what hung, and its workers are running
        pool._pool.close()
        pool._pool = None
    start = time.perf_counter()
    after = ours(mixed.completions, mixed.golds)
    seconds = time.perf_counter() - start
    changed = [i for i in range(len(before)) if i not in set(chosen) and before[i] != after[i]]
    paid = [i for i in chosen if after[i] == 1.0]
    if pool._pool is not None:
        pool._pool.close()
    own, worker = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(
        f"\n{name} with {len(chosen)} hostile: {seconds:.2f} s beside {clean:.2f} s clean, limit {1.5 * clean + 5:.2f} s"
    )
    print(f"clean verdicts changed: {len(changed)}; hostile paid: {len(paid)}")
    print(f"memory at most: {own:.0f} MiB here, {worker:.0f} MiB in a worker, of which there are two", flush=True)


def main() -> None:
    logging.disable()
    for name, batch in {"integers": batches.integers(), "mixed": batches.mixed()}.items():
        attack(name, batch, measure(ours, batch)[0])  # before torch and swift take memory
    for tags in (False, True):
        for name, batch in {"integers": batches.integers(tags=tags), "mixed": batches.mixed(tags=tags)}.items():
            compare(f"{name}, {'in <answer>' if tags else 'boxed'}", batch)


if __name__ == "__main__":
    main()
