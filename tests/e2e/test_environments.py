"""Games of several turns in two-step runs: with transformers, and with a server that runs the scheduler."""

import json
from collections import Counter

import pytest

from swift_grpo.evaluation.run_story import newest_run
from tests.conftest import ROOT
from tests.e2e.conftest import SHORT, TINY
from tests.e2e.test_recipes import check_run

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
# notes in $COUNTS which environments are opened and closed, in whichever process
COUNTING = """
import os
from swift.rollout.gym_env import envs

def counting(kind):
    class Counting(kind):
        def __init__(self, config):
            note("opened")
            super().__init__(config)
        async def close(self):
            note("closed")
            await super().close()
    return Counting

def note(word):
    with open(os.environ["COUNTS"], "a") as file:
        file.write(word + "\\n")

envs |= {name: counting(envs[name]) for name in ("letters", "guess_number")}
"""


@pytest.mark.parametrize(("recipe", "played"), [("train_single_gpu", 8), ("train_multi_gpu", 32)])
def test_rewards_arrive_and_every_game_is_closed(script, tiny, tmp_path, recipe, played):
    """The environment of docs/environments.md and our own, in one data set, whose `env_config` have different keys."""
    example = (ROOT / "docs/environments.md").read_text().split("```python\n")[1].split("```")[0]
    plugins = {"letters.py": example, "counting.py": COUNTING}
    for name, text in plugins.items():
        (tmp_path / name).write_text(text)
    games = [
        {"name": "letters", "letters": "ean"},
        {"name": "guess_number", "low": 1, "high": 9, "seed": 3},
        {"name": "unknown"},
    ]
    asked = [{"role": "user", "content": "Play."}]
    rows = [{"messages": asked, "solution": str(n), "env_config": games[n % 3]} for n in range(48)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = script(
        recipe,
        *TINY,
        *SHORT,
        *("--max_length", "400", "--max_completion_length", "40", "--stop_words", "e", "--max_steps", "2"),
        *("--no-check", "turns/unknown-environment"),  # the preflight refuses it; here the run must survive it
        *("--multi_turn_scheduler", "gym_scheduler", "--max_turns", "3", "--reward_funcs", "environment"),
        *(["--vllm_max_model_len", "512"] if recipe == "train_multi_gpu" else []),
        timeout=600,
        DEVICE="cpu",
        GPUS="0,1",
        MODEL=str(tiny / "base"),
        DATASET=str(tmp_path / "rows.jsonl"),
        OUTPUT_DIR=str(tmp_path / "out"),
        PLUGIN=" ".join([f"{ROOT}/plugin/environments.py", *(str(tmp_path / name) for name in plugins)]),
        COUNTS=str(tmp_path / "counts"),
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    counts = Counter((tmp_path / "counts").read_text().split())
    assert 0 < counts["opened"] == counts["closed"], counts
    lines = [json.loads(line) for line in (newest_run(tmp_path / "out") / "completions.jsonl").read_text().splitlines()]
    paid = [value for line in lines for value in line["Environment"]]
    assert max(value for value in paid if value == value) >= 1
    unpaid = [value for value in paid if value != value]  # of the game that no plugin has; two rows are not all games
    assert unpaid or recipe == "train_single_gpu"
    assert max(number for line in lines for number in line["num_turns"]) > 1
    turns = [
        json.loads(line) for line in (newest_run(tmp_path / "out") / "trajectories.jsonl").read_text().splitlines()
    ]
    ends = {one["stopped_by"]: one for line in turns for one in line["trajectories"]}
    assert ends.keys() <= {"done", "max_turns", "length", "error"} and ends["done"]["total_reward"] > 0
    check_run(tmp_path / "out", steps=2, completions=played // 2, rewards=frozenset({"Environment"}))
