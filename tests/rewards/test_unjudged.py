"""plugin/unjudged.py: a sample that no reward judged does not end a run whose server has the scheduler."""

import pytest

from tests.conftest import ROOT

CODE = f"""
import sys, torch
sys.path.insert(0, {str(ROOT / "plugin")!r})
import unjudged
from types import SimpleNamespace
from swift.rl_core.data import GRPOSample
from swift.rl_core.grpo_algorithm import compute_rewards_per_func
from swift.rlhf_trainers import grpo_trainer

unjudged.install()
unjudged.install()
grpo_trainer.gather_object = list
turns = [dict(role="user", content="?"), dict(role="assistant", content="!")]
samples = [GRPOSample(messages=turns, prompt_id="p", request_id=f"r{{i}}", response_token_ids=[[1]]) for i in range(2)]
trainer = SimpleNamespace(_group_inputs_by_request_id=lambda rows: {{row["request_id"]: [row] for row in rows}})
given = grpo_trainer.GRPOTrainer._get_trajectory_inputs(trainer, samples)
assert sorted(given) == ["r0", "r1"] and given["r0"][0]["request_id"] == "r0"
for inputs in (given, dict(given)):
    try:
        rewards = [lambda completions, **columns: [1.0, None]]
        paid = compute_rewards_per_func(samples, rewards, None, torch.device("cpu"), None, dict(trajectory_inputs=inputs))
        print("paid", paid.tolist())
    except KeyError as error:
        print("KeyError", error)
"""


@pytest.mark.slow
def test_a_sample_without_a_verdict_is_paid_nothing_and_ms_swifts_own_dict_still_raises(ms_swift):
    """The second line is why the module is there: when it changes, ms-swift is fixed and the module can go."""
    done = ms_swift.run(CODE)
    assert done.stdout.splitlines()[-2:] == ["paid [[1.0], [nan]]", "KeyError tensor(1)"], done.stderr[-3000:]
