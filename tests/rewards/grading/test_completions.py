"""Where an answer stands in a completion, and what does not earn the reward."""

import pytest
from grpo_rewards import grade

from tests.rewards.grading.completions import COMPLETIONS

ATTACKS = {"candidates", "thought only", "empty tags", "injected tags", "echo"}


@pytest.mark.parametrize("category", dict.fromkeys(category for category, *_ in COMPLETIONS))
def test_completions(category):
    rows = [row for row in COMPLETIONS if row[0] == category]
    wrong = {
        completion
        for _, completion, gold, verdict, opened in rows
        if grade(completion, gold, think_opened=opened) != verdict
    }
    assert wrong == set()


def test_attacks_earn_nothing():
    assert {verdict for category, _, _, verdict, _ in COMPLETIONS if category in ATTACKS} == {0.0}
    assert len(COMPLETIONS) >= 100
