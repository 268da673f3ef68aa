"""The demo's task: "What is 7 + 5?". Training and held-out questions have no pair of numbers in common."""

import json
import random
from pathlib import Path

LARGEST = 20
HELD_OUT = 50  # of 210 pairs


def pairs(rng: random.Random) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Training and held-out pairs of 1 to 20, both orders of a pair on the same side, each side shuffled."""
    unordered = [(a, b) for a in range(1, LARGEST + 1) for b in range(a, LARGEST + 1)]
    rng.shuffle(unordered)
    sides = [
        sorted({p for a, b in part for p in ((a, b), (b, a))}) for part in (unordered[HELD_OUT:], unordered[:HELD_OUT])
    ]
    for side in sides:
        rng.shuffle(side)
    return sides[0], sides[1]


def row(a: int, b: int) -> dict:
    """A row as `swift rlhf --rlhf_type grpo` reads it.

    >>> row(7, 5)
    {'messages': [{'role': 'user', 'content': 'What is 7 + 5?'}], 'solution': '12'}
    """
    return {"messages": [{"role": "user", "content": f"What is {a} + {b}?"}], "solution": str(a + b)}


def write(folder: Path, seed: int) -> None:
    """`train.jsonl`, `held_out.jsonl` and `watched.jsonl`, one held-out question; the same bytes for the same seed."""
    train, held_out = pairs(random.Random(seed))
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in (("train", train), ("held_out", held_out), ("watched", held_out[:1])):
        text = "".join(json.dumps(row(*pair)) + "\n" for pair in part)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
