"""Which rows a stage keeps, by pass rates that are given; and what is refused before a run starts."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from swift_grpo.data.curriculum import REVIEW, Choice, Seen, decide, new_levels, order, summary
from swift_grpo.data.difficulty import PassRate
from swift_grpo.data.stages import Stages
from tests.data.conftest import read_jsonl


def after(right: int, n: int = 8, stage: int = 1) -> Seen:
    return Seen(PassRate(right, n), stage)


def states(seen: dict[str, Seen], stage: int, names: str, least: int = 1) -> list[tuple[str, bool]]:
    return [(one.state, one.kept) for one in decide(list(names), seen, stage, least)]


def test_the_middle_and_the_unseen_stay_and_the_hopeless_wait():
    seen = {"a": after(4), "b": after(0), "c": after(7)}
    assert states(seen, 2, "abcd") == [("middle", True), ("hopeless", False), ("middle", True), ("unseen", True)]


def test_a_hopeless_row_is_offered_again_until_it_is_seen_again():
    seen = {"a": after(4), "b": after(0)}
    assert [states(seen, stage, "ab")[1] for stage in (2, 3, 4)] == [
        ("hopeless", False),
        ("returned", True),
        ("returned", True),
    ]
    assert states(seen | {"b": after(0, stage=3)}, 4, "ab")[1] == ("hopeless", False)
    assert states(seen | {"b": after(2, stage=3)}, 4, "ab")[1] == ("middle", True)


def test_few_answers_decide_nothing():
    assert states({"a": after(0, 3), "b": after(3, 3)}, 2, "ab") == [("middle", True), ("middle", True)]


def test_a_tenth_of_the_solved_rows_stays_others_in_each_stage():
    names = [f"row {i}" for i in range(2000)] + ["unseen"]
    seen = {name: after(8) for name in names[:-1]}
    kept = [{at for at, one in enumerate(decide(names, seen, stage)) if one.kept} for stage in (2, 3)]
    assert all(len(names) / REVIEW * 0.8 < len(one) < len(names) / REVIEW * 1.2 for one in kept)
    assert len(kept[0] & kept[1]) < len(kept[0]) / 3


def test_a_solved_row_that_is_forgotten_is_back():
    assert states({"a": after(3, stage=4)}, 5, "a") == [("middle", True)]


def test_all_solved_keeps_nothing_and_all_hopeless_everything():
    assert states({"a": after(8), "b": after(8)}, 2, "ab", least=2) == [("solved", False), ("solved", False)]
    assert states({"a": after(0), "b": after(0)}, 2, "ab") == [("hopeless", True), ("hopeless", True)]
    mixed = decide(list("ab"), {"a": after(0), "b": after(8)}, 2)
    assert mixed[0].kept
    assert "1 hopeless kept: little else is left" in summary(mixed, 2)


def test_a_stage_has_the_prompts_of_a_step():
    """With fewer the trainer's sampler yields no batch at all. Those that may still be learned come first."""
    seen = {"a": after(4), "b": after(8), "c": after(0)} | {name: after(8) for name in "defgh"}
    assert [kept for _, kept in states(seen, 2, "abc", least=2)] == [True, False, True]
    assert sum(kept for _, kept in states(seen, 2, "abcdefgh", least=5)) == 5


def test_the_order_differs_between_stages_and_is_the_same_for_one():
    choices = [Choice("unseen", at % 2 == 0) for at in range(100)]
    assert sorted(order(choices, 2)) == [*range(0, 100, 2)]
    assert order(choices, 2) == order(choices, 2) != order(choices, 3)


def test_a_solved_level_brings_the_next_and_a_hopeless_one_the_previous():
    solved, hopeless, unseen = Choice("solved", False), Choice("hopeless", False), Choice("unseen", True)
    rows = [("sum", 1)] * 10
    assert new_levels(rows, [solved] * 4 + [Choice("middle", True)] + [unseen] * 5) == [("sum", 2, 10)]
    assert new_levels(rows, [solved] * 3 + [Choice("middle", True)] + [unseen] * 6) == []
    assert new_levels(rows, [hopeless] * 10) == [("sum", 0, 5)]
    assert new_levels([("sum", 0)] * 10, [hopeless] * 10) == []
    assert new_levels(rows, [unseen] * 10) == [] == new_levels([None] * 2, [solved] * 2)
    assert new_levels([*rows, ("sum", 2)], [*[solved] * 10, unseen]) == []  # the next one is there


TRAINER = [
    "env",
    "A=1",
    "swift",
    "rlhf",
    "--rlhf_type",
    "grpo",
    "--output_dir",
    "out",
    "--reward_funcs",
    "math_accuracy",
]


def test_the_first_command_stops_at_stages_and_keeps_its_callbacks(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"query": "1+1?", "solution": "2"}\n')
    trainer = [*TRAINER, "--dataset", str(rows), "--callbacks", "graceful_exit"]
    command = Stages(40, trainer).first()
    assert command == ["env", "SWIFT_GRPO_STAGE_STEPS=40", *trainer[1:], "--callbacks", "graceful_exit", "stage_end"]


def test_a_cold_start_has_no_stages():
    with pytest.raises(ValueError, match="only GRPO"):
        Stages(40, ["swift", "sft", "--output_dir", "out"])


@pytest.mark.parametrize(
    ("more", "nodes", "why"),
    [
        (["--dataset", "AI-MO/NuminaMath-TIR#1000"], "", "AI-MO/NuminaMath-TIR#1000: name files of rows"),
        (["--save_only_model", "true"], "", "leave --save_only_model out"),
        (["--reward_funcs", "r1_format"], "", "no reward tells right from wrong"),
        ([], "10.0.0.1,10.0.0.2", "leave NODES out"),
    ],
)
def test_what_cannot_be_trained_in_stages_is_refused_at_the_start(more, nodes, why):
    with pytest.raises(ValueError, match=why):
        Stages(40, [*TRAINER, *more], nodes)


def run_of(folder: Path, rows: list[dict], paid: dict[int, list[float]], steps: int) -> Stages:
    """A run of `steps` steps, of which each asks the rows of `paid`, that resumes from its last one; stages of 2."""
    log = folder / "out/v0-20260101-000000"
    log.mkdir(parents=True)
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = []
    for step in range(1, steps + 1):
        n = sum(map(len, paid.values()))
        asked = [at for at, values in paid.items() for _ in values]
        lines.append({"step": [step] * n, "AnswerAccuracy": [value for values in paid.values() for value in values]})
        lines[-1] |= {"prompt": [f"user: {rows[at]['messages'][-1]['content']} bot:" for at in asked]}
        lines[-1] |= {"completion": [f"{step} {i}" for i in range(n)], "advantages": [0.0] * n, "solution": ["1"] * n}
    (log / "completions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (log / "args.json").write_text('{"num_generations": 4}')
    words = ["--dataset", str(folder / "rows.jsonl"), "--output_dir", str(folder / "out"), "--max_steps", "8"]
    return Stages(2, [*TRAINER, *words, "--resume_from_checkpoint", str(log / f"checkpoint-{steps}")])


def question(text: str) -> dict:
    return {"messages": [{"role": "user", "content": text}], "solution": "1"}


def test_a_stage_is_written_from_the_log_and_the_same_within_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rows = [question(f"What is {i} - {i - 1}?") for i in range(1, 6)]
    stages = run_of(tmp_path, rows, {0: [1.0] * 4, 1: [0.0] * 4, 2: [0.0, 1.0, 0.0, 1.0]}, steps=2)
    command = stages.first()
    file = tmp_path / "out/curriculum/stage-2.jsonl"
    assert command[-2:] == ["--dataset", str(file)] and "--ignore_data_skip" in command
    assert capsys.readouterr().out == "swift-grpo: stage 2: 3 of 5 rows; 1 solved, 1 hopeless held back\n"
    assert sorted(row["messages"][0]["content"] for row in read_jsonl(file)) == [
        row["messages"][0]["content"] for row in rows[2:]
    ]
    table = file.with_suffix(".tsv").read_text().splitlines()
    assert table[1:4] == [
        "1\t1.000\t8/8\t1\tsolved\tdropped",
        "2\t0.000\t0/8\t1\thopeless\tdropped",
        "3\t0.500\t4/8\t1\tmiddle\tkept",
    ]
    before = file.read_bytes()
    file.write_bytes(b"torn")
    within = run_of(tmp_path / "b", rows, {0: [1.0] * 4, 1: [0.0] * 4, 2: [0.0, 1.0, 0.0, 1.0]}, steps=3)
    within.first()
    assert (tmp_path / "b/out/curriculum/stage-2.jsonl").read_bytes() == before
    stages.first()
    assert file.read_bytes() == before


def test_a_run_ends_early_where_every_row_is_solved(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert run_of(tmp_path, [question("What is 2 - 1?")], {0: [1.0] * 4}, steps=2).first() is None
    assert "the run ends, since every row is solved" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("reasoning_gym"), reason="reasoning-gym is not installed")
def test_rows_of_the_next_level_come_when_the_first_is_solved(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    gym = json.dumps({"task": "chain_sum"})
    rows = [question(f"What is {i} - {i - 1}?") | {"gym": gym, "level": 0} for i in range(1, 4)]
    rows = [row | {"messages": [{"role": "system", "content": "Think."}, *row["messages"]]} for row in rows]
    stages = run_of(tmp_path, rows, {at: [1.0] * 4 for at in range(3)}, steps=2)
    for _ in range(2):  # the second time its rows are there
        stages.first()
        found = read_jsonl(tmp_path / "out/curriculum/stage-2.jsonl")
        new = [row for row in found if row["level"] == 1]
        assert len(new) == 3 and all(json.loads(row["gym"])["config"]["max_terms"] == 3 for row in new)
        assert all(row["messages"][0] == {"role": "system", "content": "Think."} for row in new)
