"""Rewards see what the policy wrote: not the results of its tools, in text and in length."""

import grpo_rewards.catalogue  # noqa: F401  registers them
import pytest
from grpo_rewards.contract import REGISTRY
from grpo_rewards.rewarder import Rewarder


def infos(*texts, sampled=7):
    """A trajectory whose texts are by turns the policy's and a tool's."""
    turns = [{"role": ("assistant", "tool")[k % 2], "text": text, "calls": []} for k, text in enumerate(texts)]
    return {"turns": turns, "sampled_tokens": sampled}


@pytest.mark.parametrize(
    ("texts", "paid"),
    [
        (("calls", "\\boxed{4}", "so \\boxed{4}"), 1.0),
        (("calls", "\\boxed{4}", "I do not know"), 0.0),  # the answer stands in the tool's output alone
        (("\\boxed{4} calls", "\\boxed{5}", "as said"), 1.0),
    ],
)
def test_a_tools_output_is_not_graded(texts, paid):
    whole = "\n".join(texts)  # what ms-swift passes where results stand inline
    reward = Rewarder(REGISTRY["math_accuracy"])
    assert reward([whole], solution=["4"], rollout_infos=[infos(*texts)]) == [paid]


def test_length_counts_sampled_tokens():
    reward = Rewarder(REGISTRY["target_length"], ideal=7)
    given = {"response_token_ids": [[[1] * 500]], "rollout_infos": [infos("a", "b", "c")]}
    assert reward(["abc"], **given) == [0.0]
    assert reward(["abc"], response_token_ids=[[[1] * 500]]) == [-493.0]


@pytest.mark.parametrize("one", [None, {}, {"num_turns": 1}, {"turns": []}])
def test_without_tools_nothing_changes(one):
    reward = Rewarder(REGISTRY["math_accuracy"])
    assert reward(["\\boxed{4}"], solution=["4"], rollout_infos=[one]) == [1.0]
