"""`prepare env:guess_number`: rows of a game, the same for the same seed, and mistakes in one line."""

import json

import pytest
from grpo_environments.guess_number import GuessNumber

from tests.data.conftest import read_jsonl


def test_prepare_writes_rows_of_the_game(data, tmp_path):
    data("prepare", "env:guess_number", "-n", 40, "--seed", 1, "--config", '{"size": 8}', "-o", "a.jsonl")
    data("prepare", "env:guess_number", "-n", 40, "--seed", 1, "--config", '{"size": 8}', "-o", "b.jsonl")
    made = read_jsonl(tmp_path / "a.jsonl")
    assert made == read_jsonl(tmp_path / "b.jsonl") and len(made) == 40
    for row in made:
        game = GuessNumber(row["env_config"])
        assert row["messages"] == [{"role": "user", "content": game.question}]
        assert row["solution"] == str(game.number) and game.high - game.low == 7
    manifest = json.loads((tmp_path / "a.jsonl.manifest.json").read_text())
    assert manifest["sources"][0] == {"environment": "guess_number", "config": {"size": 8}, "seed": 1, "n": 40}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["env:chess"], "there is env:guess_number"),
        (["env:guess_number", "--config", '{"width": 8}'], "has `size` and `highest`, both whole numbers"),
        (["env:guess_number", "--config", '{"size": 8.5}'], "has `size` and `highest`, both whole numbers"),
        (["env:guess_number", "--config", '{"size": 1001}'], "size 1001 must be at least 2 and fit into 0 to 999"),
    ],
)
def test_a_mistake_in_prepare_is_one_line(data, words, said):
    done = data("prepare", *words, "-o", "rows.jsonl", code=2)
    assert said in done.stderr and done.stderr.count("\n") == 1
