"""A verdict is a function of the pair: whatever was graded before it, beside it, and in which process.

`python -m tests.rewards.grading.test_order [SEED ...]`: 2,000 pairs in ten orders, from the sixth on in another process.
"""

import json
import random
import subprocess
import sys

import pytest
from grpo_rewards import grading

from benchmarks.grader.causes import score as causes
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

HOSTILE = [
    ("\\boxed{9^{9^{9^{9}}}}", "1"), ("\\boxed{\\int_0^{9^{9^9}} x^x dx}", "1"), ("\\boxed{((10!)!)!}", "x^2"),
    ("\\boxed{\\sum_{k=1}^{100000000} k!}", "3"), ("\\boxed{\\oint_{C} \\frac{dz}{z^{z^z}}}", "2\\pi i"),
]  # fmt: skip

# Takes half of its budget of CPU time alone, and all of it where two threads share a core: over or not, it tells no history.
AT_ITS_BUDGET = r"\lim_{n\to\infty}\frac{\sqrt[n]{n!}}{n}"


def pairs(count: int) -> list[tuple[str, str]]:
    """Rows of the test set, hard golds first, and others of the same golds: history would show between them."""
    rows = [row for row in causes.load() if row.get("task", "grade") == "grade" and isinstance(row["gold"], str)]
    draw = random.Random(7)
    crossed = [(draw.choice(rows)["completion"], row["gold"]) for row in rows for _ in range(3)]
    found = [(row["completion"], row["gold"]) for row in rows] + crossed
    return [pair for pair in found if pair[1] != AT_ITS_BUDGET][:count]


def verdicts(asked: list[tuple[str, str]]) -> list[str]:
    grading._verdicts.clear()
    return [verdict.name for verdict in grading.judge_batch(*zip(*asked, strict=True))]


def shuffled(asked: list[tuple[str, str]], seed: int) -> list[str]:
    """The verdicts in the order of `asked`, judged in another one, in batches of every size; odd seeds among hostile ones."""
    draw = random.Random(seed)
    mixed = [(at, pair) for at, pair in enumerate(asked)] + [(None, pair) for pair in HOSTILE * (seed % 2)]
    draw.shuffle(mixed)
    grading._verdicts.clear()
    found: dict[int, str] = {}
    while mixed:
        batch, mixed = mixed[: (size := draw.choice((1, 7, 64, 500)))], mixed[size:]
        judged = grading.judge_batch(*zip(*(pair for _, pair in batch), strict=True))
        found |= {at: verdict.name for (at, _), verdict in zip(batch, judged, strict=True) if at is not None}
    return [found[at] for at in range(len(asked))]


def in_another_process(asked: list[tuple[str, str]], seed: int) -> list[str]:
    code = (
        "import json, sys\nfrom tests.rewards.grading.test_order import shuffled\n"
        "pairs, seed = json.load(sys.stdin)\nprint(json.dumps(shuffled([tuple(p) for p in pairs], seed)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps([asked, seed]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'plugin'}", "PATH": "/usr/bin:/bin"},
        check=True,
    )
    return json.loads(done.stdout)


def test_order_history_and_neighbours_change_nothing():
    asked = pairs(60)
    first = verdicts(asked)
    assert shuffled(asked, 1) == first
    assert in_another_process(asked, 2) == first


def main() -> None:
    asked = pairs(2000)
    first = verdicts(asked)
    for seed in map(int, sys.argv[1:]) if sys.argv[1:] else range(1, 11):
        run = in_another_process if seed > 5 else shuffled
        differ = [at for at, (a, b) in enumerate(zip(first, run(asked, seed), strict=True)) if a != b]
        where = "another process" if seed > 5 else "this process"
        print(
            f"order {seed:>2}, {where}, {'with' if seed % 2 else 'without'} hostile neighbours: {len(differ)} differ",
            flush=True,
        )
        for at in differ[:5]:
            print("   ", asked[at][1][:80], "<-", asked[at][0][-60:])


if __name__ == "__main__":
    main()
