"""Microseconds that each reward takes for a completion of 1,000 tokens: `python -m benchmarks.rewards.speed`."""

import random
import time

from benchmarks.grader.batch import integers
from benchmarks.rewards.fuzz import columns, rewarders

N = 400


def main() -> None:
    batch = integers()
    rng = random.Random(0)
    chosen = rng.sample(range(len(batch.completions)), N)
    completions = [("x" * 4 + " ") + batch.completions[i][-4000:] for i in chosen]
    completions = ["<think>" + c.replace("<think>", "") for c in completions]
    golds = [batch.golds[i] for i in chosen]
    given = columns(completions, golds)
    print(f"{N} completions of about 1,000 tokens (4,000 characters); best of 5\n")
    for name, rewarder in sorted(rewarders().items()):
        if name == "levenshtein":  # it reads what follows the thought, at its longest: all of it, as is the solution
            texts = ["<think>a</think>" + c.replace("<think>", "").replace("</think>", "") for c in completions]
            best = min(_seconds(rewarder, texts, columns(texts, texts[1:] + texts[:1])) for _ in range(5))
        else:
            best = min(_seconds(rewarder, completions, given) for _ in range(5))
        print(f"{name:<26}{1e6 * best / N:>8.1f} µs")


def _seconds(rewarder, completions, given) -> float:
    from grpo_rewards import grading

    grading._verdicts.clear()
    start = time.perf_counter()
    rewarder(completions, **given)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
