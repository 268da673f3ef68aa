"""The demo's task: "Which is larger, 17 or 5?", with data for a cold start that teaches the format and not the answer.

A cold-start trace names one of the two numbers at random, so a model trained on it writes the format and is right half
of the time. GRPO must learn the order of the numbers from the reward alone. No question of the evaluation is in
training.
"""

import json
import random
from pathlib import Path
from typing import Any

NUMBERS = 40  # 0 to 39: enough pairs that the order is easier to learn than the pairs
APART = 4  # at least: closer numbers would need more steps than a demo has


def questions(numbers: int) -> list[tuple[int, int]]:
    """All ordered pairs of numbers in 0..numbers-1 that are at least APART."""
    return [(a, b) for a in range(numbers) for b in range(numbers) if abs(a - b) >= APART]


def split(numbers: int, held_out: int, rng: random.Random) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Training and held-out questions. A pair and its mirror image fall on the same side."""
    pairs = [(a, b) for a, b in questions(numbers) if a < b]
    rng.shuffle(pairs)
    both_orders = [
        [p for a, b in part for p in ((a, b), (b, a))] for part in (pairs[held_out // 2 :], pairs[: held_out // 2])
    ]
    return both_orders[0], both_orders[1]


def question_row(a: int, b: int) -> dict[str, Any]:
    """A row as `swift rlhf --rlhf_type grpo` reads it: the conversation so far and the gold in `solution`."""
    return {"messages": [{"role": "user", "content": f"Which is larger, {a} or {b}?"}], "solution": str(max(a, b))}


def trace_row(a: int, b: int, said: int) -> dict[str, Any]:
    """A row as `swift sft` reads it; `said` is the trace's answer, right or wrong."""
    row = question_row(a, b)
    answer = f"<think>{a} or {b}, say {said}</think>\n<answer>{said}</answer>"
    return {"messages": [*row["messages"], {"role": "assistant", "content": answer}]}


def raw_row(a: int, b: int) -> dict[str, Any]:
    """A question with the columns of GSM8K (`question`, `answer`) and NuminaMath (`problem`, `solution`)."""
    question, larger = f"Which is larger, {a} or {b}?", max(a, b)
    return {
        "question": question,
        "answer": f"{a} or {b}, say {larger}\n#### {larger}",
        "problem": question,
        "solution": f"{a} or {b}, say \\boxed{{{larger}}}",
    }


def xml_row(a: int, b: int, said: int) -> dict[str, Any]:
    """A trace in the tags of prompts/xml.txt; `said` is its answer, right or wrong."""
    answer = f"<reasoning>\n{a} or {b}, say {said}\n</reasoning>\n<answer>\n{said}\n</answer>\n"
    return {"messages": [*question_row(a, b)["messages"], {"role": "assistant", "content": answer}]}


def corpus(seed: int) -> list[str]:
    """Texts with every word and number of the task, to train a tokenizer on."""
    rng = random.Random(seed)
    rows = [trace_row(a, b, rng.choice((a, b))) for a, b in questions(NUMBERS)]
    return [m["content"] for row in rows for m in row["messages"]] + 10 * ["system user assistant Think, then answer."]


def write(folder: Path, seed: int, held_out: int = 120, traces: int = 10_000) -> None:
    """Write `cold_start.jsonl`, `train.jsonl` and `held_out.jsonl` into `folder`; the same bytes for the same seed.

    `raw/` holds the same questions in the form of raw sets, and traces in other tags, as inputs of the examples.
    """
    rng = random.Random(seed)
    train, test = split(NUMBERS, held_out, rng)
    cold_start = []
    for _ in range(traces):
        a, b = rng.choice(train)
        cold_start.append(trace_row(a, b, rng.choice((a, b))))
    folder.mkdir(parents=True, exist_ok=True)
    _write_rows(folder / "cold_start.jsonl", cold_start)
    _write_rows(folder / "train.jsonl", [question_row(a, b) for a, b in rng.sample(train, len(train))])
    _write_rows(folder / "held_out.jsonl", [question_row(a, b) for a, b in test])
    (folder / "raw").mkdir(exist_ok=True)
    for name, pairs in (("train", train), ("test", test)):
        _write_rows(folder / f"raw/{name}.jsonl", [raw_row(a, b) for a, b in pairs])
    guesses = [rng.choice(train) for _ in range(traces)]
    _write_rows(folder / "raw/traces.jsonl", [xml_row(a, b, rng.choice((a, b))) for a, b in guesses])


def _write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
