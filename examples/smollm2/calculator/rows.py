"""Rows for examples/smollm2/calculator: sums of two numbers of three digits, which SmolLM2-135M cannot do alone.

python rows.py FOLDER SEED

The cold start shows two forms: a guessed sum, and a call of the calculator whose result is a guess too. So it teaches
how a call is written and that its result is the answer, but neither to add nor to prefer the call.
"""

import json
import random
import sys
from pathlib import Path
from typing import Any

TRACES, TRAIN, HELD_OUT = 192, 1000, 100


def row(a: int, b: int, *said: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": f"What is {a} + {b}?"}]
    return {"messages": [*messages, *({"role": "assistant", "content": text} for text in said)], "solution": str(a + b)}


def trace(a: int, b: int, rng: random.Random) -> dict[str, Any]:
    guess = rng.randint(200, 1998)
    if rng.random() < 0.5:
        return row(a, b, f"<answer>{guess}</answer>")
    call = json.dumps({"name": "calculator", "arguments": {"expression": f"{a} + {b}"}})
    said = f"<tool_call>{call}</tool_call>\n<tool_response>\n{guess}\n</tool_response>\n<answer>{guess}</answer>"
    return row(a, b, said)


def write(folder: Path, seed: int) -> None:
    """Writes `cold_start.jsonl`, `train.jsonl` and `held_out.jsonl`; no sum of two numbers is in two of them."""
    rng = random.Random(seed)
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < TRACES + TRAIN + HELD_OUT:
        a, b = sorted((rng.randint(100, 999), rng.randint(100, 999)))
        pairs.add((a, b))
    drawn = [tuple(rng.sample(pair, 2)) for pair in sorted(pairs)]
    rng.shuffle(drawn)
    rows = {
        "cold_start": [trace(a, b, rng) for a, b in drawn[:TRACES]],
        "train": [row(a, b) for a, b in drawn[TRACES:-HELD_OUT]],
        "held_out": [row(a, b) for a, b in drawn[-HELD_OUT:]],
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in rows.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in found), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
