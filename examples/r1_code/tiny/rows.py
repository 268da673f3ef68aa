"""A random model and rows for examples/r1_code/tiny: "Print 17 times 15.", in the form of open-r1's set.

python rows.py FOLDER SEED

In half of the cold start's traces the operator is a guess; a quarter of them lack a parenthesis, so that they do not even
parse. No pair of numbers, in either order, is both in train.jsonl and test.jsonl.
"""

import json
import random
import sys
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

from swift_grpo.cpu import tiny_model

OPERATORS = {"plus": "+", "minus": "-", "times": "*", "over": "//"}
NUMBERS = range(10, 50)
HELD_OUT = 100  # of 820 pairs
TEST, TRAIN, TRACES = 100, 400, 12_000


def raw(a: int, word: str, b: int) -> dict[str, Any]:
    """A row as open-r1/verifiable-coding-problems-python has them.

    >>> raw(17, "over", 5)["verification_info"]["test_cases"][0]["output"]
    '3\\n'
    """
    value = {"plus": a + b, "minus": a - b, "times": a * b, "over": a // b}[word]
    case = {"type": "stdin_stdout", "input": "", "output": f"{value}\n", "fn_name": None}
    return {
        "problem_statement": f"Print {a} {word} {b}.",
        "gold_standard_solution": f"```python\nprint({a} {OPERATORS[word]} {b})\n```",
        "verification_info": {"language": "python", "test_cases": [case]},
    }


def trace(a: int, word: str, b: int, rng: random.Random) -> dict[str, Any]:
    end = "" if rng.random() < 0.25 else ")"
    sign = OPERATORS[word if rng.random() < 0.5 else rng.choice([*OPERATORS])]
    program = f"```python\nprint({a} {sign} {b}{end}\n```"
    asked = {"role": "user", "content": raw(a, word, b)["problem_statement"]}
    return {"messages": [asked, {"role": "assistant", "content": program}]}


def write(folder: Path, seed: int) -> None:
    """Writes `base/` (the model), train.jsonl, test.jsonl and traces.jsonl; the same for the same seed."""
    rng = random.Random(seed)
    pairs = list(combinations_with_replacement(NUMBERS, 2))
    rng.shuffle(pairs)
    test, train = (
        [(a, word, b) for pair in part for a, b in {pair, pair[::-1]} for word in OPERATORS]
        for part in (pairs[:HELD_OUT], pairs[HELD_OUT:])
    )
    rows = {
        "test": [raw(*one) for one in rng.sample(test, TEST)],
        "train": [raw(*one) for one in rng.sample(train, TRAIN)],
        "traces": [trace(*rng.choice(train), rng) for _ in range(TRACES)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in rows.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")
    texts = [message["content"] for row in rows["traces"][:3000] for message in row["messages"]]
    tiny_model.write(folder / "base", [*texts, *10 * ["system user assistant Answer with ```python."]], seed)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
