"""The demo's questions, and those of examples/smollm2: no pair of numbers is trained on and measured."""

import json
import re
import runpy

from swift_grpo.data import sums
from tests.conftest import ROOT


def numbers(line: str) -> frozenset[str]:
    return frozenset(re.findall(r"\d+", json.loads(line)["messages"][0]["content"]))


def test_no_pair_is_on_both_sides(tmp_path):
    sums.write(tmp_path, 3)
    train, held_out, watched = (
        (tmp_path / f"{name}.jsonl").read_text().splitlines() for name in ("train", "held_out", "watched")
    )
    assert not {numbers(line) for line in train} & {numbers(line) for line in held_out}
    assert len(train) + len(held_out) == sums.LARGEST**2
    assert watched == held_out[:1]


def test_one_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        sums.write(tmp_path / name, seed)
    a, b, c = ((tmp_path / name / "held_out.jsonl").read_bytes() for name in "abc")
    assert a == b != c


def test_the_examples_split_keeps_both_orders_of_a_pair_together():
    split = runpy.run_path(str(ROOT / "examples/smollm2/arithmetic/split.py"))["split"]
    lines = [json.dumps({"messages": [{"content": f"Calculate {a} + {b}."}]}) for a in range(9) for b in range(9)]
    train, held_out = split(lines, 10, 1)
    assert len(held_out) == len({numbers(line) for line in held_out}) == 10
    assert not {numbers(line) for line in train} & {numbers(line) for line in held_out}
    assert split(lines, 10, 1) == (train, held_out) != split(lines, 10, 2)


def test_the_courses_prompts_are_about_other_things_when_held_out(tmp_path, monkeypatch):
    paths = [tmp_path / "train.jsonl", tmp_path / "held_out.jsonl"]
    monkeypatch.setattr("sys.argv", ["prompts.py", *map(str, paths), "1"])
    runpy.run_path(str(ROOT / "examples/smollm2/course/prompts.py"), run_name="__main__")
    train, held_out = (
        [json.loads(line)["messages"][0]["content"] for line in path.read_text().splitlines()] for path in paths
    )
    assert (len(train), len(held_out)) == (152, 8) and not set(train) & set(held_out)
