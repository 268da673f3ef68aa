"""Logs of a file a step: TRL's parquet files, as `trl/trainer/grpo_trainer.py` writes them, and verl's dumps."""

import json

import pandas as pd
import pytest

from benchmarks.diagnosis.own.synthetic import Run
from swift_grpo.formats.run_files import find_run
from swift_grpo.rollouts.index import open_index


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


def test_scalars_of_trl_lie_in_its_checkpoints(tmp_path):
    for step in (1, 2):
        write_step(tmp_path, step, ["a", "b"])
    history = [
        {"step": 1, "reward": 0.5, "kl": 0.1, "rewards/accuracy_reward/mean": 0.5, "entropy": 0.7, "grad_norm": 2.0}
    ]
    for number, entries in ((1, history), (2, [*history, {"step": 2, "reward": 0.5, "eval_reward": 0.2}])):
        (tmp_path / f"checkpoint-{number}").mkdir()
        text = json.dumps({"log_history": entries, "max_steps": 4, "global_step": number})
        (tmp_path / f"checkpoint-{number}" / "trainer_state.json").write_text(text)
    with open_index(tmp_path) as index:
        assert [(event.step, event.kind) for event in index.events] == [(1, "train"), (2, "eval")]
        assert index.events[0].values["entropy/mean"] == 0.7 and index.events[0].values["kl"] == 0.1
        assert index.run.root == tmp_path


def test_columns_that_trl_was_given_besides_are_no_rewards(tmp_path):
    (tmp_path / "completions").mkdir()
    for step in (1, 2, 3):
        right, form = [1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 0.0, 1.0 if step > 1 else 0.0]
        total = [a + b for a, b in zip(right, form, strict=True)]
        mean = sum(total) / 4
        table = {
            "step": [step] * 4, "prompt": ["p"] * 4, "completion": [f"{step} {k}" for k in range(4)],
            "right": right, "form_reward": form,
            "language_reward": [1.0] * 4, "words": [3.0, 1.0, 2.0, 5.0], "level": [4.0] * 4,
            "advantage": [one - mean for one in total],
        }  # fmt: skip
        pd.DataFrame(table).to_parquet(tmp_path / "completions" / f"completions_{step:05d}.parquet")
    with open_index(tmp_path) as index:
        assert index.reward_names == ["right", "form_reward", "language_reward"]
        assert index.query("SELECT sum(reward) FROM train")[0][0] == 3 * (2 + 4) + 2 + 3 + 3


def test_a_graded_score_of_verl_is_no_verdict(tmp_path):
    for name, scores in (("two", (0.0, 1.0, 0.0, 1.0)), ("graded", (0.1, 0.5, 0.62, 0.9, 0.33, 0.7))):
        rows = [{"input": "p", "output": str(k), "score": score, "step": 1} for k, score in enumerate(scores)]
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        with open_index(tmp_path / name) as index:
            assert index.knows_right == (name == "two")
            assert index.query("SELECT avg(solved::INTEGER) FROM train")[0][0] == (0.5 if name == "two" else None)


def write_logger(path, steps) -> None:
    rows = [
        {"step": s, "data": {"critic/score/mean": 0.5, "actor/kl_loss": 0.1 * s, "val-core/x/acc/mean@1": 0.3}}
        for s in steps
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize("place", ["dump/metrics.jsonl", "experiment.jsonl"])
def test_scalars_of_verl_lie_in_its_file_logger(tmp_path, place):
    for step in (1, 2):
        write_verl(tmp_path / "dump", step, list("abcd"))
    write_verl(tmp_path / "val_dump", 1, list("ab"))
    write_logger(tmp_path / place, (1, 2))
    for folder in (tmp_path / "dump", tmp_path):
        with open_index(folder) as index:
            kinds = [(event.step, event.kind) for event in index.events]
            assert kinds == [(1, "train"), (1, "eval"), (2, "train"), (2, "eval")]
            assert index.query("SELECT kl, reward FROM steps ORDER BY step")[1] == (0.2, 0.5)
            assert index.query("SELECT count(*) FROM train")[0][0] == 8


def test_scalars_alone_are_a_run(tmp_path):
    run = Run().write(tmp_path / "out" / "v0-20260101-000000")
    (run / "completions.jsonl").unlink()
    for path in (tmp_path / "out", run, run / "logging.jsonl"):
        with open_index(path) as index:
            assert index.run.root == run and index.run.args["beta"] == 0.04
            assert len(index.events) == 37 and index.rows == 0
    (run / "logging.jsonl").write_text('{"loss": 1.0, "global_step/max_steps": "1/9"}\n')  # of supervised training
    with pytest.raises(ValueError, match="no completions"):
        find_run(run)


def test_a_table_of_wandb_is_refused(tmp_path):
    table = tmp_path / "completions.table.json"
    table.write_text('{"columns": ["step"], "data": [["1"]]}')
    for path in (table, tmp_path):
        with pytest.raises(ValueError, match="wandb"):
            find_run(path)


def test_messages_of_older_ms_swift_are_the_prompt(tmp_path):
    messages = [[{"role": "user", "content": text}] for text in "aabb"]
    line = {"step": ["1"] * 4, "messages": messages, "completion": list("wxyz"), "reward": [1, 0, 0, 0]}
    (tmp_path / "completions.jsonl").write_text(json.dumps(line) + "\n")
    with open_index(tmp_path) as index:
        assert index.query("SELECT n, reward_mean FROM groups ORDER BY group_id") == [(2, 0.5), (2, 0.0)]
        assert index.texts([0])[0].prompt == "<|im_start|>user\na<|im_end|>\n"
