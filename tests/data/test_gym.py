"""`prepare gym:TASK`: rows of reasoning-gym, the same bytes for the same seed, and mistakes in one line."""

import json
from importlib.util import find_spec

import pytest

from swift_grpo.data import gym_source, prepare
from tests.data.conftest import read_jsonl

pytestmark = pytest.mark.slow  # reasoning-gym takes four seconds to import
needs_gym = pytest.mark.skipif(
    not find_spec("reasoning_gym"), reason="reasoning-gym: pip install --no-deps -r requirements/gym.txt"
)
MIX = "gym:chain_sum:3,countdown,mini_sudoku,word_ladder"  # word_ladder goes through sets of words
ASK = """
import json, sys
from swift.dataset import load_dataset
rows, _ = load_dataset(sys.argv[1], remove_unused_columns=False)  # as GRPO sets it
print("rows", json.dumps([[row["messages"], row["solution"], row["gym"]] for row in rows]))
"""


@needs_gym
def test_a_row_has_the_question_the_answer_and_what_scores_it(data, tmp_path):
    data("prepare", "gym:chain_sum", "--config", '{"max_terms": 2}', "-n", 5, "--seed", 1, "-o", "out.jsonl")
    rows = read_jsonl(tmp_path / "out.jsonl")
    assert len(rows) == 5 and list(rows[3]) == ["messages", "solution", "gym"]
    (turn,) = rows[3]["messages"]
    asked = json.loads(rows[3]["gym"])
    assert (turn["role"], asked["metadata"]["expression"] in turn["content"]) == ("user", True)
    assert [asked[name] for name in ("task", "seed", "index", "config")] == ["chain_sum", 1, 3, {"max_terms": 2}]
    assert (
        asked["answer"]
        == rows[3]["solution"]
        == str(sum(map(int, asked["metadata"]["expression"].replace("- ", "-").replace("+ ", "").split())))
    )
    manifest = json.loads((tmp_path / "out.jsonl.manifest.json").read_text())
    assert manifest["sources"][0]["configs"] == {"chain_sum": {"max_terms": 2}}
    assert manifest["sources"][0]["version"] == manifest["versions"]["reasoning-gym"]


@needs_gym
def test_one_seed_gives_the_same_bytes_and_another_does_not(data, tmp_path, monkeypatch):
    for name, seed, order in (("a", 1, "1"), ("b", 1, "2"), ("c", 2, "1")):
        monkeypatch.setenv("PYTHONHASHSEED", order)
        data("prepare", MIX, "-n", 60, "--seed", seed, "-o", f"{name}.jsonl")
    a, b, c = ((tmp_path / f"{name}.jsonl").read_bytes() for name in "abc")
    assert a == b != c
    tasks = [json.loads(row["gym"])["task"] for row in read_jsonl(tmp_path / "a.jsonl")]
    assert 20 < tasks.count("chain_sum") < 40 and len(set(tasks)) == 4


@needs_gym
def test_the_other_options_hold_and_questions_stay_as_they_are(data, tmp_path):
    data("prepare", "gym:chain_sum,lcm", "-n", 40, "-o", "plain.jsonl", "--config", '{"lcm": {"max_numbers": 2}}')
    words = ["--system", "Be brief.", "--suffix", "Think.", "--shuffle", "--split", 0.5, "--drop", "duplicates"]
    data("prepare", "gym:chain_sum,lcm", "-n", 40, "-o", "out.jsonl", "--config", '{"lcm": {"max_numbers": 2}}', *words)
    rows = read_jsonl(tmp_path / "out.jsonl") + read_jsonl(tmp_path / "out.held_out.jsonl")
    asked = {row["messages"][0]["content"] for row in read_jsonl(tmp_path / "plain.jsonl")}
    assert {row["messages"][0]["content"] for row in rows} == {"Be brief."}
    assert {row["messages"][1]["content"] for row in rows} == {f"{question}\nThink." for question in asked}


@needs_gym
def test_rows_are_a_stream():
    rows, _ = gym_source.open_tasks("gym:chain_sum", {}, 1, 10**9)
    assert [next(rows)["solution"] for _ in range(3)] != []
    rows._records.close()  # and the maker ends with it


@needs_gym
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gym:chain_sums"], "did you mean chain_sum?"),
        (["gym:puzzle24"], "`1*2*3*4` scores 1"),
        (["gym:"], "write gym:TASK"),
        (["gym:lcm:0"], "the weight 0 of lcm is not a number above 0"),
        (["gym:lcm,lcm"], "lcm is named twice"),
        (["gym:chain_sum", "--config", '{"max_term": 2}'], "did you mean max_terms?"),
        (["gym:chain_sum", "--config", '{"max_terms": 0}'], "max_terms must be >= min_terms"),
        (["gym:chain_sum", "--config", '{"max_terms": "x"}'], "refuses"),
        (["gym:chain_sum", "--config", "{"], "a JSON object"),
        (["gym:chain_sum", "--config", '{"chain_sum": 2}'], "an object per task"),
        (["gym:chain_sum,lcm", "--config", '{"max_terms": 2}'], "an object per task"),
        (["rows.jsonl", "--config", '{"a": 1}'], "--config is for"),
    ],
)
def test_mistakes_are_one_line(words, said, data, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"query": "1+1?", "solution": "2"}\n')
    result = data("prepare", *words, "-o", "out.jsonl", code=2)
    assert said in result.stderr and result.stderr.count("\n") == 1
    assert not (tmp_path / "out.jsonl").exists()


def test_without_the_package_the_extra_is_meant(monkeypatch):
    monkeypatch.setattr(gym_source.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError) as raised:
        prepare.open_source("gym:chain_sum")
    assert raised.value.name == "reasoning_gym"


@needs_gym
@pytest.mark.skipif(not find_spec("swift"), reason="ms-swift: bash scripts/setup.sh")
def test_the_column_comes_through_ms_swifts_loader_whole(data, tmp_path, ms_swift):
    data("prepare", MIX, "-n", 40, "-o", "out.jsonl")
    asked = ms_swift.run(ASK, "out.jsonl", cwd=tmp_path)
    (line,) = [line for line in asked.stdout.splitlines() if line.startswith("rows ")]
    found = {row[2]: row[:2] for row in json.loads(line[5:])}
    assert found == {row["gym"]: [row["messages"], row["solution"]] for row in read_jsonl(tmp_path / "out.jsonl")}
