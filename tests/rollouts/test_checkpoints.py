"""Which checkpoint to go back to."""

import json

from benchmarks.diagnosis.own.illnesses import PolicyCollapse
from swift_grpo.rollouts.facts.checkpoints import best, checkpoints
from swift_grpo.rollouts.index import open_index

SAVED = (10, 40, 60, 72)


def saved_run(folder):
    PolicyCollapse().write(folder)
    for step in SAVED:
        (folder / f"checkpoint-{step}").mkdir()
    (folder / "checkpoint-80.tmp").mkdir()
    return folder


def test_the_best_is_the_one_before_the_collapse(tmp_path):
    with open_index(saved_run(tmp_path / "run")) as index:
        found = checkpoints(index)
        solved = dict(index.query("SELECT step, avg(solved::INTEGER) FROM train GROUP BY step"))
    assert [one.step for one in found] == list(SAVED)
    assert found[1].solved == sum(solved[step] for step in range(36, 41)) / 5
    assert best(found).step == 60 and best(found, before=50).step == 40
    assert best(found).said.startswith("checkpoint-60, solved 0.") and " and reward 1." in best(found).said


def test_an_evaluation_says_more_than_the_reward(tmp_path):
    folder = saved_run(tmp_path / "run")
    lines = (folder / "logging.jsonl").read_text().splitlines()
    for step, value in ((10, 0.2), (40, 0.7), (60, 0.5)):
        event = {"eval_reward": value, "global_step/max_steps": f"{step}/72"}
        place = next(k for k, line in enumerate(lines) if f'"{step}/72"' in line)
        lines.insert(place + 1, json.dumps(event))
    (folder / "logging.jsonl").write_text("\n".join(lines) + "\n")
    with open_index(folder) as index:
        found = best(checkpoints(index))
    assert (found.step, found.evaluation, found.measure) == (40, 0.7, "eval_reward")
    measure = {"accuracy": {"value": 0.9, "low": 0.8, "high": 1.0}}
    (folder / "evals.jsonl").write_text(
        json.dumps({"step": 10, "set": "test", "measures": measure})
        + "\n"
        + json.dumps({"step": 40, "set": "test", "measures": {"accuracy": {"value": 0.4, "low": 0.3, "high": 0.5}}})
        + "\n"
    )
    with open_index(folder) as index:
        assert best(checkpoints(index)).said.startswith("checkpoint-10, accuracy 0.9 and solved")


def test_without_checkpoints_there_is_none(tmp_path):
    with open_index(PolicyCollapse().write(tmp_path / "run")) as index:
        assert checkpoints(index) == [] and best([]) is None
