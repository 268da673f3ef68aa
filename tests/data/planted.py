"""A training set with test questions planted in it: 20 word for word, by a seed, and 20 reworded by hand (reworded.jsonl).

The reworded ones were written and committed before the tool that looks for them. `python -m tests.data.planted` tells which
are found, as the figures in docs/data.md say; `--pairs N` prints what else is found at a low threshold, to be judged by hand.
"""

import argparse
import json
import random
from collections import Counter
from pathlib import Path

from swift_grpo.data.overlap import THRESHOLD, Index
from swift_grpo.data.rows import question_of, read_rows
from tests.data.conftest import DATA

VERBATIM = {"gsm8k_test": 8, "math500_test": 8, "aime24_test": 4}
REWORDED = Path(__file__).with_name("reworded.jsonl")


def questions(name: str) -> list[str]:
    return [question_of({"query": row.get("problem") or row["question"]}) for row in read_rows(DATA / f"{name}.jsonl")]


def plants() -> list[tuple[str, str, int, str]]:
    """(how, set, row from 1, text)."""
    rng = random.Random(9)
    verbatim = [
        ("verbatim", name, i + 1, texts[i])
        for name, count in VERBATIM.items()
        for texts in [questions(name)]
        for i in rng.sample(range(len(texts)), count)
    ]
    reworded = [(f"reworded, {one['how']}", one["set"], one["row"] + 1, one["question"]) for one in read_rows(REWORDED)]
    return verbatim + reworded


def index(threshold: float = THRESHOLD) -> Index:
    return Index({name: questions(name) for name in VERBATIM}, threshold)


def found(threshold: float = THRESHOLD) -> Counter:
    """(how, whether its very question was found) -> count."""
    built = index(threshold)
    return Counter(
        (how, (name, row) in {(hit.set, hit.row) for hit in built.hits(text)}) for how, name, row, text in plants()
    )


def unplanted(threshold: float) -> list[dict]:
    """Pairs of GSM8K's own training set with the three test sets, the most certain first."""
    built = index(threshold)
    pairs = []
    for number, text in enumerate(questions("gsm8k_train"), start=1):
        pairs += [
            {
                "train": number,
                "set": hit.set,
                "test": hit.row,
                "score": hit.score,
                "kind": hit.kind,
                "text": text,
                "question": hit.question,
            }
            for hit in built.hits(text)[:1]
        ]
    return sorted(pairs, key=lambda pair: -pair["score"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    parser.add_argument("--pairs", type=int, default=0)
    arguments = parser.parse_args()
    for (how, hit), count in sorted(found(arguments.threshold).items()):
        print(f"{count:3} {how}: {'found' if hit else 'missed'}")
    rest = unplanted(arguments.threshold)
    print(f"{len(rest):3} other rows of GSM8K's training set")
    for pair in rest[: arguments.pairs]:
        print(json.dumps(pair, ensure_ascii=False))
