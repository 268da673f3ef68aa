"""What `import swift_grpo` offers to a program: instant, and the same functions as inside."""

import subprocess
import sys

import pytest

import swift_grpo
from tests.conftest import ROOT

LOGS = ROOT / "tests/rollouts/logs"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_the_import_brings_nothing_along():
    code = "import sys; before = set(sys.modules); import swift_grpo; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    brought = {name for name in done.stdout.split() if name.split(".")[0] not in sys.stdlib_module_names}
    assert brought == {"swift_grpo"}


def test_each_name_is_what_the_rest_of_the_project_calls():
    import grpo_rewards
    from grpo_rewards import contract

    from swift_grpo.rollouts import open_run as module

    assert swift_grpo.grade is grpo_rewards.grade
    assert swift_grpo.register_reward is contract.register_reward
    assert (swift_grpo.open_run, swift_grpo.OpenRun) == (module.open_run, module.OpenRun)
    assert set(dir(swift_grpo)) == set(swift_grpo.__all__)
    with pytest.raises(AttributeError, match="no attribute 'train'"):
        swift_grpo.train  # noqa: B018


@pytest.mark.parametrize(("log", "steps", "rows", "rewards"), [
    ("server", 14, 448, ["AnswerAccuracy", "R1Format"]),
    ("trl", 6, 48, ["accuracy_reward", "format_reward"]),
])  # fmt: skip
def test_a_log_of_either_trainer_is_steps_and_rows(log, steps, rows, rewards):
    with swift_grpo.open_run(LOGS / log) as run:
        table, texts = run.steps(), list(run.rows())
        assert run.query("SELECT count(*) AS n FROM train") == [{"n": rows}]
        assert list(run.rows(step=2)) == [one for one in texts if one.step == 2]
        assert run.rewards == rewards
    assert [row["step"] for row in table] == list(range(1, steps + 1))
    assert sum(row["completions"] for row in table) == len(texts) == rows
    for row in table:  # the numbers are those of the texts
        paid = [one.reward for one in texts if one.step == row["step"]]
        assert row["reward"] == pytest.approx(sum(paid) / len(paid))
        for name in rewards:
            of_class = [one.rewards[name] for one in texts if one.step == row["step"]]
            assert row["rewards"][name] == pytest.approx(sum(of_class) / len(of_class))
    assert all("Which is larger" in one.prompt and one.completion.startswith("<think>") for one in texts)


def test_a_folder_without_a_log_says_so(tmp_path):
    with pytest.raises(ValueError, match=str(tmp_path)):
        swift_grpo.open_run(tmp_path)
