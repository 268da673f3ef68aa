"""Groups of runs, and what tells them apart."""

import pytest

from swift_grpo.evaluation.runs.groups import differing, group
from tests.evaluation.runs.conftest import summary


def sweep():
    return [
        summary(v, seed=s, learning_rate=lr, max_new=lr) for lr, v in (("1e-6", 0.4), ("3e-6", 0.6)) for s in (1, 2)
    ]


def test_runs_that_differ_in_the_seed_alone_are_a_group():
    groups = group(sweep())
    assert [(one.name, len(one.runs)) for one in groups] == [("learning_rate=1e-6", 2), ("learning_rate=3e-6", 2)]
    assert differing(sweep()) == ["learning_rate"]  # max_new only repeats it
    (alone,) = group(sweep()[:2])
    assert (alone.name, len(alone.runs)) == ("all runs", 2)


def test_groups_by_name():
    assert [one.settings for one in group(sweep(), ["LEARNING_RATE"])] == [
        {"learning_rate": "1e-6"},
        {"learning_rate": "3e-6"},
    ]
    assert [len(one.runs) for one in group(sweep(), ["seed"])] == [2, 2]
    assert len(group(sweep(), ["DATASET"])) == 1
    with pytest.raises(ValueError, match="there is learning_rate"):
        group(sweep(), ["learning_rat"])


def test_the_outcome_of_a_group_is_over_seeds():
    (one, _) = group(sweep())
    assert (one.outcome.value, one.outcome.source, one.outcome.unit_count) == (pytest.approx(0.4), "seeds", 2)
    # two seeds that agree exactly: half the runs' own error counts, with t of one degree of freedom
    assert one.outcome.high - one.outcome.value == pytest.approx(12.706 * 0.05 / 1.96 / 2 / 2**0.5, rel=1e-3)
    (mixed,) = group([summary(0.4, measure="solved"), summary(1.4, measure="reward")])
    assert mixed.outcome is None
