"""Golds of real data sets equal themselves, and no other."""

import itertools
import json
import re

import pytest
from grpo_rewards.answers.verdict import Verdict
from grpo_rewards.grading import accepted_answers, grade_batch, judge_texts

from tests.conftest import DATA

pytestmark = pytest.mark.slow

# different spellings of one value among the answers of MATH-500
SAME_VALUE = [
    {r"\frac14", r"\frac{1}{4}"},
    {r"2 \sqrt{5}", r"2\sqrt{5}"},
    {"1,-2", "-2,1"},
    {"5", "x=5"},
    {r"10,\!080", "10080"},
    {"15", r"15\mbox{ cm}^2"},
    {"30", r"30^\circ"},
    {"90", r"90^\circ"},
    {"120", r"120^\circ"},
    {"36", r"36^\circ"},
    {"36", r"\$36"},
    {"36", "40_9"},
    {r"36^\circ", "40_9"},
    {r"\$36", "40_9"},
    {"42", "52_8"},
    {"54", "204_5"},
    {r"\pi", r"180^\circ"},
]


def golds(name: str) -> list[str]:
    rows = [json.loads(line) for line in (DATA / f"{name}.jsonl").read_bytes().splitlines()]
    return [str(row["answer"]) for row in rows]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "share"), [("gsm8k_test", 1), ("gsm8k_train", 1), ("aime24_test", 1), ("math500_test", 1)]
)
def test_a_boxed_gold_earns_the_reward(name, share):
    texts = golds(name)
    boxed = [re.split(r"####\s*", text)[-1] for text in texts]
    verdicts = grade_batch([f"<think>a</think> \\boxed{{{answer}}}" for answer in boxed], texts)
    assert verdicts.count(1.0) >= share * len(texts), [t for t, v in zip(texts, verdicts, strict=True) if v != 1.0]


@pytest.mark.real_data
def test_no_two_answers_of_different_value_are_equal():
    texts = sorted({text for gold in golds("math500_test") for text in accepted_answers(gold)})
    pairs = list(itertools.permutations(texts, 2))
    verdicts = judge_texts([answer for answer, _ in pairs], [(gold,) for _, gold in pairs])
    equal = {frozenset(pair) for pair, verdict in zip(pairs, verdicts, strict=True) if verdict == [Verdict.RIGHT]}
    assert equal == {frozenset(pair) for pair in SAME_VALUE}
