"""The demo's data: nothing held out is trained on, traces do not give the order away, a seed gives the same bytes."""

import json
import random

from swift_grpo.data import larger_number
from swift_grpo.evaluation.infer_accuracy import read_jsonl


def pairs(path):
    return {tuple(sorted(row["messages"][0]["content"][17:-1].split(" or "))) for row in read_jsonl(path)}


def test_held_out_pairs_are_never_trained_on_in_either_order(tmp_path):
    larger_number.write(tmp_path, seed=1)
    held_out = pairs(tmp_path / "held_out.jsonl")
    assert len(read_jsonl(tmp_path / "held_out.jsonl")) == 120
    assert not held_out & (pairs(tmp_path / "train.jsonl") | pairs(tmp_path / "cold_start.jsonl"))


def test_traces_are_right_half_of_the_time(tmp_path):
    larger_number.write(tmp_path, seed=1)
    right = 0
    for row in read_jsonl(tmp_path / "cold_start.jsonl"):
        user, assistant = (m["content"] for m in row["messages"])
        numbers = [int(n) for n in user[17:-1].split(" or ")]
        right += assistant.endswith(f"<answer>{max(numbers)}</answer>")
    assert 0.48 < right / 10_000 < 0.52


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        larger_number.write(tmp_path / name, seed)
    read = {n: [p.read_bytes() for p in sorted((tmp_path / n).rglob("*.jsonl"))] for n in "abc"}
    assert read["a"] == read["b"] != read["c"]


def test_gold_is_the_larger():
    a, b = random.Random(0).sample(range(40), 2)
    assert json.loads(larger_number.question_row(a, b)["solution"]) == max(a, b)
