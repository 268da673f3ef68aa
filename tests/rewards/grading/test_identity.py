"""Real golds: each equals itself when a completion boxes it, and only what is equal in value equals another."""

import re

import pytest
from grpo_rewards.grading import grade_batch

from tests.rewards.grading.cases import real_golds

_EQUAL = r"""
1,-2 | -2,1
10080 | 10,\!080
120 | 120^\circ
15 | 15\mbox{ cm}^2
2\sqrt{5} | 2 \sqrt{5}
30 | 30^\circ
36 | 36^\circ
36 | \$36
36 | 40_9
\$36 | 40_9
36^\circ | 40_9
42 | 52_8
5 | x=5
54 | 204_5
90 | 90^\circ
\frac14 | \frac{1}{4}
"""
EQUAL = {frozenset(line.split(" | ")) for line in _EQUAL.strip().splitlines()}
"""The pairs of different MATH-500 answers that are equal in value (a missing unit is forgiven)."""

FORMS = ["{}", "{}.0", "{}.00", "\\${}", "{}\\text{{ units}}", "${}$", "+{}", "x = {}", "\\frac{{{}}}{{1}}", "{}."]


def boxed(text: str) -> str:
    return f"<think>Let me see.</think>\nSo it is \\boxed{{{text}}}."


@pytest.mark.parametrize("name", ["gsm8k_train", "gsm8k_test", "aime24_test", "math500_test"])
def test_golds_equal_themselves(name):
    golds = real_golds(name)
    verdicts = grade_batch([boxed(gold) for gold in golds], golds)
    assert [gold for gold, verdict in zip(golds, verdicts, strict=True) if verdict != 1.0] == []


@pytest.mark.parametrize("name", ["gsm8k_test", "aime24_test"])
def test_integers_equal_themselves_in_their_usual_forms(name):
    golds = sorted(set(real_golds(name)))
    pairs = [(form.format(gold), gold) for gold in golds for form in FORMS if not (gold[0] == "-" and form[0] == "+")]
    grouped = [(f"{int(gold):,}".replace(",", "{,}"), gold) for gold in golds if re.fullmatch(r"\d{4,}", gold)]
    pairs += grouped
    verdicts = grade_batch([boxed(answer) for answer, _ in pairs], [gold for _, gold in pairs])
    assert [pair for pair, verdict in zip(pairs, verdicts, strict=True) if verdict != 1.0] == []


def test_whole_solutions_as_golds():
    golds = real_golds("math500_test")
    verdicts = grade_batch(
        [boxed(gold) for gold in golds], [f"We find $n = 3$, so \\boxed{{{gold}}}." for gold in golds]
    )
    assert [gold for gold, verdict in zip(golds, verdicts, strict=True) if verdict != 1.0] == []


def test_different_answers_are_equal_only_in_value():
    golds = sorted(set(real_golds("math500_test")))
    pairs = [(answer, gold) for answer in golds for gold in golds if answer != gold]
    verdicts = grade_batch([boxed(answer) for answer, _ in pairs], [gold for _, gold in pairs])
    assert {frozenset(pair) for pair, verdict in zip(pairs, verdicts, strict=True) if verdict == 1.0} == EQUAL
    assert None not in verdicts
