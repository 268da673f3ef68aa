"""A training set with test questions planted in it: 20 word for word, by a seed, and 20 reworded by hand (reworded.jsonl).

The reworded ones were written and committed before the tool that looks for them.
`python -m benchmarks.data.leaks.score` prints which are found; `--pairs N` prints what else is found, to be judged by hand.

judged.tsv holds 120 pairs of real questions that were judged so: all that a first version of the tool found in GSM8K's
training set from a share of 0.05 on, and pairs within GSM8K's training set and within MATH-500 from 0.3 on. `same` is the same
problem but for numbers, names, things, or which of its quantities is asked for.
"""

import argparse
import csv
import json
import random
from collections import Counter
from pathlib import Path

from swift_grpo.data.overlap import THRESHOLD, Index
from swift_grpo.formats.rows import question_of, read_rows
from tests.conftest import DATA

VERBATIM = {"gsm8k_test": 8, "math500_test": 8, "aime24_test": 4}
REWORDED = Path(__file__).with_name("reworded.jsonl")
JUDGED = Path(__file__).with_name("judged.tsv")


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


def judged(threshold: float = THRESHOLD) -> Counter:
    """(verdict by hand, whether the tool finds the pair, either way round) -> count."""
    with JUDGED.open(encoding="utf-8", newline="") as file:
        pairs = list(csv.reader(file, delimiter="\t"))[1:]
    texts = {name: questions(name) for name in {pair[0] for pair in pairs} | {pair[2] for pair in pairs}}
    built = {name: Index({name: found}, threshold) for name, found in texts.items()}

    def finds(one: str, row: str, other: str, other_row: str) -> bool:
        return int(other_row) in {hit.row for hit in built[other].hits(texts[one][int(row) - 1])}

    return Counter((verdict, finds(a, i, b, j) or finds(b, j, a, i)) for a, i, b, j, verdict in pairs)


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
    for (verdict, hit), count in sorted(judged(arguments.threshold).items()):
        print(f"{count:3} real pairs, {verdict} problem: {'found' if hit else 'not found'}")
    rest = unplanted(arguments.threshold)
    print(f"{len(rest):3} other rows of GSM8K's training set")
    for pair in rest[: arguments.pairs]:
        print(json.dumps(pair, ensure_ascii=False))
