"""Logs of a file a step: TRL's parquet files, as `trl/trainer/grpo_trainer.py` writes them, and verl's dumps."""

import json

import pandas as pd
import pytest

from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.reading.run_files import find_run


def write_step(folder, step: int, texts: list[str]) -> None:
    n = len(texts)
    table = {"step": [step] * n, "prompt": ["p"] * n, "completion": texts, "accuracy_reward": [1.0] + [0.0] * (n - 1)}
    (folder / "completions").mkdir(parents=True, exist_ok=True)
    pd.DataFrame(table | {"advantage": [0.5] * n}).to_parquet(
        folder / "completions" / f"completions_{step:05d}.parquet"
    )


def test_steps_are_read_as_they_come(tmp_path):
    write_step(tmp_path, 10, ["a", "b"])
    with open_index(tmp_path) as index:
        assert index.reward_names == ["accuracy_reward"]
        assert index.query("SELECT step, group_id, member, reward FROM rollouts") == [(10, 0, 0, 1.0), (10, 0, 1, 0.0)]
    write_step(tmp_path, 100_000, ["c", "d"])
    (tmp_path / "completions" / "completions_100010.parquet").write_bytes(b"PAR1")  # still being written
    with open_index(tmp_path) as index:
        assert index.query("SELECT DISTINCT step FROM rollouts ORDER BY 1") == [(10,), (100_000,)]
        assert index.unreadable == 0
    write_step(tmp_path, 100_020, ["e", "f"])
    with open_index(tmp_path) as index:
        assert index.query("SELECT count(*) FROM rollouts") == [(6,)]
        assert index.unreadable == 1


def test_another_run_in_the_same_folder(tmp_path):
    write_step(tmp_path, 1, ["a", "b"])
    old = find_run(tmp_path).logs
    (tmp_path / "completions" / "completions_00001.parquet").unlink()
    write_step(tmp_path, 1, ["c", "d"])
    assert find_run(tmp_path).logs != old


def test_a_single_file_is_refused(tmp_path):
    write_step(tmp_path, 1, ["a", "b"])
    with pytest.raises(ValueError, match="output folder"):
        find_run(tmp_path / "completions" / "completions_00001.parquet")


def write_verl(folder, step: int, texts: list[str]) -> None:
    rows = [
        {"input": f"p{k // 2}", "output": text, "gts": "7", "score": float(k % 2), "step": step, "acc": k % 2 == 1}
        for k, text in enumerate(texts)
    ]
    folder.mkdir(exist_ok=True)
    (folder / f"{step}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_the_folder_of_verl(tmp_path):
    folder = tmp_path / "dump"
    for step in (1, 2, 10):
        write_verl(folder, step, [f"{step} {k}" for k in range(4)])
    with open_index(folder) as index:
        assert index.query("SELECT step, count(*), avg(reward) FROM train GROUP BY step ORDER BY step") == [
            (1, 4, 0.5), (2, 4, 0.5), (10, 4, 0.5)]  # fmt: skip
        assert index.query("SELECT DISTINCT n FROM groups") == [(2,)]
        assert index.texts([11])[0].completion == "10 3"
        write_verl(folder, 11, ["a", "b"])
        (folder / "12.jsonl").write_text('{"input": "p", "out')  # still being written
        assert index.refresh() and not index.refresh()
        assert index.query("SELECT max(step), count(*) FROM train") == [(11, 14)]
        assert index.unreadable == 0
    with pytest.raises(ValueError, match="name its folder"):
        find_run(folder / "2.jsonl")
