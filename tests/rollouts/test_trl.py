"""TRL's parquet files, written as `trl/trainer/grpo_trainer.py` writes them."""

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
