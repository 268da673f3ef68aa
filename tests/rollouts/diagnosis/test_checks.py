"""The tables of the checks: every key there and known, every number and name in a text real, no limit said twice."""

import re
import string

import pytest

from swift_grpo.rollouts.diagnosis.causes import SIDES, effects
from swift_grpo.rollouts.diagnosis.check import check_of
from swift_grpo.rollouts.diagnosis.checks import CHECKS

TABLE = {
    "about": "Completions without a character.",
    "title": "{value:.0%} of the completions are empty",
    "threshold": {"warn": 0.02, "critical": 0.2, "of": "% of the completions"},
    "fix": "go back to\n{checkpoint}",
}


def made(**changes):
    return check_of("empty", lambda case, warn: None, TABLE | changes, {"LONG": 100})


def test_a_threshold_is_written_from_the_limits():
    assert made().threshold == "warn from 2%, critical from 20% of the completions; rule of thumb"
    points = made(threshold={"warn": 0.02, "critical": 0.2, "of": "points more"}, rule="of {LONG}", source="S, 3")
    assert points.threshold == "warn from 2, critical from 20 points more; of 100; S, 3"
    assert made(threshold={"warn": 1.5, "critical": 3, "of": "times"}, source="S").threshold.startswith(
        "warn from 1.5,"
    )
    assert made().fix_from("checkpoint-60") == "go back to checkpoint-60"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"remedy": "x"}, r"^\[empty\]: .*unexpected keyword argument 'remedy'"),
        ({"threshold": {"warn": 0.02}}, r"^\[empty\]: .*missing .*'critical'"),
        ({"rule": "{SHORT} characters"}, r"^\[empty\]: 'SHORT'"),
    ],
)
def test_a_wrong_table_is_one_clear_error(changes, message):
    with pytest.raises(ValueError, match=message):
        made(**changes)


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_tables_fit(check):
    assert 0 < check.warn < check.critical
    assert set(check.causes) <= {"*", *SIDES, *CHECKS} and effects(check) <= CHECKS.keys() - {check.name}
    assert all(name for _, name, _, _ in string.Formatter().parse(check.title) if name is not None)
    assert not re.search(r"\{(?!checkpoint\}|\")", check.fix + check.threshold)
    assert not re.search(r"warn from|critical from", check.rule), "the limits stand in `threshold` alone"
