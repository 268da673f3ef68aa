"""Held-out questions that share no pair of numbers with the training rows, in either order: 12 + 7 is also 7 + 12.

python split.py PREPARED.jsonl TRAIN.jsonl HELD_OUT.jsonl QUESTIONS SEED
"""

import json
import random
import re
import sys
from pathlib import Path

from swift_grpo.formats import manifest


def pair(line: str) -> tuple[int, ...]:
    """The numbers of a row's question, in order of size.

    >>> pair('{"messages": [{"role": "user", "content": "Calculate 12 + 7."}]}')
    (7, 12)
    """
    question = json.loads(line)["messages"][-1]["content"]
    return tuple(sorted(map(int, re.findall(r"\d+", question))))


def split(lines: list[str], questions: int, seed: int) -> tuple[list[str], list[str]]:
    """Training rows and `questions` held-out rows: drawn by chance, one of each pair, and no other row of theirs.

    A pair that comes often is drawn sooner, so that short sums have their share on both sides.
    """
    held_out: dict[tuple[int, ...], str] = {}
    for line in random.Random(seed).sample(lines, len(lines)):
        if len(held_out) < questions:
            held_out.setdefault(pair(line), line)
    return [line for line in lines if pair(line) not in held_out], list(held_out.values())


if __name__ == "__main__":
    prepared, train, held_out, questions, seed = sys.argv[1:]
    parts = split(Path(prepared).read_text().splitlines(keepends=True), int(questions), int(seed))
    for path, rows in zip((train, held_out), parts, strict=True):
        Path(path).write_text("".join(rows))
        manifest.write(  # what the report card says of the rows
            Path(path),
            sources=[manifest.describe(Path(prepared))],
            counts={"read": sum(map(len, parts)), "output": len(rows)},
            parameters={"questions": questions, "seed": seed},
            made_by="examples/smollm2/arithmetic/split.py",
        )
        print(f"{path}: {len(rows)} rows")
