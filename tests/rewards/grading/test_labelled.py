"""Every labelled row, and every form an answer may be given in."""

import pytest
from grpo_rewards.grading import grade_batch

from benchmarks.grader.labelled.rows import CATEGORIES, GOLDS, ROWS


@pytest.mark.parametrize("category", CATEGORIES)
def test_labelled(category):
    labelled = [row for row in ROWS if row.category == category]
    verdicts = grade_batch([f"\\boxed{{{row.answer}}}" for row in labelled], [row.gold for row in labelled])
    assert [(row, v) for row, v in zip(labelled, verdicts, strict=True) if v != float(row.equal)] == []


@pytest.mark.parametrize(
    "form", ["{}", "${}$", "\\boxed{{{}}}", "So it is $\\boxed{{{}}}$.", "Since 1 + 1 = 2 we have\n#### {}"]
)
def test_golds_in_all_the_forms_they_have_in_data_sets(form):
    verdicts = grade_batch([f"\\boxed{{{gold}}}" for gold in GOLDS], [form.format(gold) for gold in GOLDS])
    assert [gold for gold, verdict in zip(GOLDS, verdicts, strict=True) if verdict != 1.0] == []


@pytest.mark.parametrize(
    ("completion", "gold", "verdict"),
    [
        (r"\boxed{1/2}", ["1/3", "0.5"], 1.0),  # a list of accepted answers
        (r"\boxed{1}", [2, 3], 0.0),
        (r"\boxed{1}", [], None),
        (r"\boxed{1}", 1, 1.0),
        (r"\boxed{1.5}", 1.5, 1.0),
        (r"\boxed{1}", None, None),
        (r"\boxed{1}", True, None),
        (r"\boxed{1}", float("nan"), None),
        (r"\boxed{1}", {"answer": 1}, None),
        (r"\boxed{1}", "", None),
        (r"\boxed{1}", "   ", None),
        (r"\boxed{1}", "<think>1</think>", None),  # a solution without an answer
        (r"\boxed{1}", r"\boxed{", None),
        (r"\boxed{1}", r"\frac{1", None),
        ("no answer", r"\frac{1", None),
        ("no answer", "1", 0.0),
    ],
)
def test_golds_of_every_type(completion, gold, verdict):
    assert grade_batch([completion], [gold]) == [verdict]
