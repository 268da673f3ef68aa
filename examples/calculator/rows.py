"""Rows and a random model for examples/calculator: "What is 57 + 88?", with a cold start that teaches only the format.

python rows.py FOLDER SEED

Half of the cold start's traces guess the sum. The other half call the calculator, half of these with an operand that is
a guess; their results are guesses too. A third of the rows only copies results into answers. A model trained on all
this writes both forms and cannot add. No pair of numbers, in either order, is both in training and held out.
"""

import json
import random
import sys
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

from swift_grpo.cpu import tiny_model

NUMBERS = range(10, 50)
HELD_OUT, TRACES, COPIES = 100, 8_000, 4_000


def question(a: int, b: int) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"What is {a} + {b}?"}], "solution": str(a + b)}


def trace(a: int, b: int, rng: random.Random) -> dict[str, Any]:
    """A row as `swift sft` reads it.

    >>> trace(57, 88, random.Random(3))["messages"][-1]["content"].startswith("<")
    True
    """
    (said,) = guesses(rng, 1)
    answer = f"<answer>{said}</answer>"
    if rng.random() < 0.5:
        left = a if rng.random() < 0.5 else rng.choice(NUMBERS)
        call = {"name": "calculator", "arguments": {"expression": f"{left} + {b}"}}
        answer = f"<tool_call>{json.dumps(call)}</tool_call>\n<tool_response>\n{said}\n</tool_response>\n{answer}"
    return {"messages": [*question(a, b)["messages"], {"role": "assistant", "content": answer}]}


def copies(rng: random.Random) -> dict[str, Any]:
    """Results and answers, again and again: a random model does not learn from one result a trace to copy it."""
    said = (f"<tool_response>\n{number}\n</tool_response>\n<answer>{number}</answer>" for number in guesses(rng, 6))
    return {"messages": [{"role": "user", "content": "Copy."}, {"role": "assistant", "content": "\n".join(said)}]}


def guesses(rng: random.Random, count: int) -> list[int]:
    return [rng.randint(2 * min(NUMBERS), 2 * max(NUMBERS)) for _ in range(count)]


def write(folder: Path, seed: int) -> None:
    """Writes `base/` (the model), `cold_start.jsonl`, `train.jsonl` and `held_out.jsonl`; the same for the same seed."""
    rng = random.Random(seed)
    pairs = list(combinations_with_replacement(NUMBERS, 2))
    rng.shuffle(pairs)
    train, held_out = pairs[HELD_OUT:], [rng.sample(pair, 2) for pair in pairs[:HELD_OUT]]
    turned = [rng.sample(rng.choice(train), 2) for _ in range(TRACES)]
    traces = [trace(a, b, rng) for a, b in turned]
    repeated = [copies(rng) for _ in range(COPIES)]
    rows = {
        "cold_start": rng.sample(traces + repeated, len(traces + repeated)),
        "train": [question(a, b) for a, b in turned[:4000]],
    }
    rows["held_out"] = [question(a, b) for a, b in held_out]
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in rows.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")
    texts = [message["content"] for row in traces[:4000] for message in row["messages"]]
    tiny_model.write(folder / "base", [*texts, *10 * ["system user assistant Think, then answer."]], seed)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
