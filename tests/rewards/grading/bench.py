"""Ours beside ms-swift, TRL and plain math-verify, on one batch in one run: `python -m tests.rewards.grading.bench`.

Prints completions a second, the ratio to ms-swift's, and the wrong verdicts; then what one per cent of hostile
completions cost us. Takes about two minutes on two free cores; nothing else should run.
"""

import logging
import os
import resource
import time
from collections.abc import Callable

import psutil

from tests.rewards.grading import batch as batches
from tests.rewards.grading.batch import Batch

Grader = Callable[[list[str], list[str]], list[float | None]]


def ours(completions: list[str], golds: list[str]) -> list[float | None]:
    from grpo_rewards import grading

    grading._verdicts.clear()
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
    """Seconds, and how many verdicts were wrongly right and wrongly wrong; None counts as wrong where the answer is right."""
    grader(batch.completions[:2], batch.golds[:2])  # imports
    start = time.perf_counter()
    verdicts = grader(batch.completions, batch.golds)
    seconds = time.perf_counter() - start
    judged = list(zip(verdicts, batch.right, strict=True))
    return seconds, sum(v == 1 and not r for v, r in judged), sum(v != 1 and r for v, r in judged)


def compare(name: str, batch: Batch) -> float:
    print(f"\n{name}: {len(batch.completions)} completions, load {os.getloadavg()[0]:.1f}")
    print(f"{'grader':<14}{'per second':>12}{'x ms-swift':>12}{'false right':>13}{'false wrong':>13}")
    base = None
    clean = 0.0
    for label, grader in {"ms-swift": ms_swift, "TRL": trl, "math-verify": math_verify, "ours": ours}.items():
        seconds, false_right, false_wrong = measure(grader, batch)
        rate = len(batch.completions) / seconds
        base = base or rate
        clean = seconds
        print(f"{label:<14}{rate:>12,.0f}{rate / base:>12,.1f}{false_right:>13}{false_wrong:>13}", flush=True)
    return clean


def attack(name: str, batch: Batch, clean: float) -> None:
    mixed, chosen = batches.hostile(batch)
    before = ours(batch.completions, batch.golds)
    start = time.perf_counter()
    after = ours(mixed.completions, mixed.golds)
    seconds = time.perf_counter() - start
    changed = [i for i in range(len(before)) if i not in set(chosen) and before[i] != after[i]]
    paid = [i for i in chosen if after[i] == 1.0]
    workers = [child.memory_info().rss for child in psutil.Process().children()]
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        f"\n{name} with {len(chosen)} hostile: {seconds:.2f} s beside {clean:.2f} s clean, limit {1.5 * clean + 5:.2f} s"
    )
    print(f"clean verdicts changed: {len(changed)}; hostile paid: {len(paid)}")
    print(f"memory: {own / 2**20:.0f} MiB at most here (with torch and swift), workers {sum(workers) / 2**20:.0f} MiB")


def main() -> None:
    logging.disable()
    integers, mixed = batches.integers(), batches.mixed()
    clean = compare("integers", integers), compare("mixed", mixed)
    attack("integers", integers, clean[0])
    attack("mixed", mixed, clean[1])


if __name__ == "__main__":
    main()
