"""Whatever a policy writes: no exception, no value out of range, one value for each completion."""

import pytest
from grpo_rewards.grading import grade_batch
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as hypothesis_settings

from benchmarks.rewards.fuzz import columns, rewarders

PIECES = [
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "<reasoning>",
    "</reasoning>",
    r"\boxed{",
    "}",
    "{",
    r"\frac",
    "####",
    "\n",
]
completions = strategies.lists(strategies.sampled_from(PIECES) | strategies.text(max_size=12), max_size=12).map("".join)
numbers = strategies.integers(-(10**9), 10**9)


@pytest.mark.parametrize("name", sorted(rewarders()))
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    batch=strategies.lists(completions, min_size=1, max_size=4),
    gold=strategies.text(max_size=8) | numbers | strategies.none(),
)
def test_any_text(name, batch, gold):
    rewarder = rewarders()[name]
    paid = rewarder(batch, **columns(batch, [gold] * len(batch)))
    assert len(paid) == len(batch)
    assert all(value is None or rewarder.reward.low <= value <= rewarder.reward.high for value in paid)


@hypothesis_settings(max_examples=200, deadline=None)
@given(a=numbers, b=numbers.filter(bool))
def test_numbers_equal_themselves_in_every_spelling_and_no_others(a, b):
    spellings = [
        rf"\frac{{{a}}}{{{b}}}",
        rf"\dfrac{{{a}}}{{{b}}}",
        f"{a}/{b}",
        rf"$\frac{{{a}}}{{{b}}}$",
        rf"\frac{{{2 * a}}}{{{2 * b}}}",
    ]
    for gold in spellings:
        assert grade_batch([f"\\boxed{{{answer}}}" for answer in spellings], [gold] * len(spellings)) == [1.0] * len(
            spellings
        )
    assert grade_batch([rf"\boxed{{\frac{{{a + b}}}{{{b}}}}}"], [spellings[0]]) == [0.0]


@hypothesis_settings(max_examples=200, deadline=None)
@given(a=numbers, b=numbers)
def test_the_grader_is_symmetric_on_integers(a, b):
    forward, back = grade_batch([rf"\boxed{{{a}}}", rf"\boxed{{{b}}}"], [b, a])
    assert forward == back == float(a == b)
