"""Whether two groups of runs are called different, and on what basis."""

import random
from dataclasses import replace

import pytest

from swift_grpo.evaluation.runs.compare import against_best, compare
from swift_grpo.evaluation.runs.groups import Group, finished
from tests.evaluation.runs.conftest import evaluation, summary


def of(*values: float, name: str = "g", half: float = 0.02, **settings) -> Group:
    return Group(name, {}, [summary(one, half, f"{name}{k}", **settings) for k, one in enumerate(values)])


def test_over_seeds():
    low, high = of(0.40, 0.42, 0.41), of(0.60, 0.62, 0.58)
    found = compare(low, high)
    assert found.verdict == "better" and found.value == pytest.approx(0.19) and 0 < found.low < found.high
    assert compare(high, low).verdict == "worse" and compare(high, low).high == pytest.approx(-found.low)
    assert "Welch's t over runs" in found.basis
    same = compare(low, of(0.41, 0.39, 0.43))
    assert same.verdict == "not different" and same.low < 0 < same.high
    assert f"a difference of {same.visible:.3f} would have been visible" in str(same)
    # Welch 1947 by hand: means 0.41 and 0.60, variances 0.0001 and 0.0004
    assert found.p == pytest.approx(0.00078, rel=0.1)


def test_seeds_that_agree_by_chance_are_not_certain():
    found = compare(of(0.5, 0.5), of(0.51, 0.51))
    assert found.verdict == "not different" and found.visible > 0.02
    assert compare(of(1, 1, half=0), of(1, 1, half=0)).p == 1
    assert compare(of(1, half=0), of(1, half=0)).p == 1


def test_one_run_each_says_so():
    found = compare(of(0.4), of(0.9))
    assert found.verdict == "better" and "start several seeds" in found.basis
    assert (found.low, found.high) == pytest.approx((0.5 - 0.02 * 2**0.5, 0.5 + 0.02 * 2**0.5))
    assert compare(of(0.4), of(0.41)).verdict == "not different"
    assert "start several seeds" in compare(of(0.4), of(0.5, 0.52, 0.51)).basis


def test_what_does_not_compare_is_refused():
    with pytest.raises(ValueError, match="their logs have reward and solved"):
        compare(of(0.4, 0.5), of(1.2, 1.3, measure="reward"))
    with pytest.raises(ValueError, match="totals of other reward_funcs"):
        compare(of(1, 2, measure="reward", reward_funcs="a"), of(1, 2, measure="reward", reward_funcs="b"))
    assert "under other temperature" in compare(of(0.4, temperature="1"), of(0.4, temperature="0.7")).basis


def test_each_group_against_the_best_with_holms_correction():
    groups = [of(0.40, 0.44, 0.42, name="a"), of(0.50, 0.54, 0.52, name="b"), of(0.46, 0.47, 0.50, name="c")]
    best, verdicts = against_best(groups)
    alone = {one.name: compare(best, one).p for one in groups if one is not best}
    assert best.name == "b" and [one.name for one, _ in verdicts] == ["a", "c"]
    assert [one.p for _, one in verdicts] == pytest.approx([2 * alone["a"], max(alone["c"], 2 * alone["a"])])
    assert [one.verdict for _, one in verdicts] == ["worse", "not different"]


def test_differences_of_shares_are_bounded():
    found = compare(of(0.1, 0.9), of(0.2, 0.9))
    assert (found.low, found.high) == (-1, 1) and str(found).endswith("; no difference would have been visible")
    assert compare(of(1, 9, measure="reward"), of(2, 9, measure="reward")).high > 9


def test_one_of_several_that_would_be_different_alone():
    groups = [of(0.50, 0.51, 0.52, name="best"), *(of(0.46, 0.47, 0.48, name=name) for name in "abcdefgh")]
    _, verdicts = against_best(groups)
    assert {str(one).partition("; ")[2] for _, one in verdicts} == {"worse if it were the only comparison"}


def test_runs_that_have_not_ended_are_left_out_where_others_have():
    one, other = summary(0.4, name="x"), replace(summary(0.1, name="y"), state="stopped")
    notes: list[str] = []
    assert finished(Group("g", {}, [one, other]), notes.append).runs == [one]
    assert finished(Group("g", {}, [other]), notes.append).runs == [other]
    assert notes == ["g: left out: y (stopped)", "g: compared although not ended: y (stopped)"]


def evaluated(tmp_path, gain: float, runs: int, name: str, n: int = 4, seed: int = 0, **sampling) -> Group:
    """Runs with an evaluation of 100 questions of very different difficulty, and poor, equal trainings."""
    chance = random.Random(seed)
    members = []
    for k in range(runs):
        verdicts = [[float(chance.random() < q / 110 + gain) for _ in range(n)] for q in range(100)]
        folder = evaluation(tmp_path / f"{name}{k}", verdicts, **sampling)
        members.append(replace(summary(0.5, 0.3), evaluated=[folder]))
    return Group(name, {}, members)


def test_evaluations_of_the_same_questions_come_first(tmp_path):
    a, b = (evaluated(tmp_path, gain, 5, f"g{gain}") for gain in (0.0, 0.1))
    found = compare(a, b)
    assert found.verdict == "better" and found.basis.startswith("100 questions, paired; t over runs and questions")
    assert found.high - found.low < 0.12  # unpaired, the questions alone would make it 0.16 wide
    single = compare(replace(a, runs=a.runs[:1]), replace(b, runs=b.runs[:1]))
    assert single.basis.startswith("100 questions, paired; the interval is of these runs")
    assert "start several seeds" in compare(replace(a, runs=a.runs[:1]), b).basis
    same = evaluated(tmp_path, 0.0, 5, "same", seed=5)
    assert compare(a, same).verdict == "not different"


def test_evaluations_under_other_conditions_are_not_compared(tmp_path):
    a, b = evaluated(tmp_path, 0.0, 2, "a"), evaluated(tmp_path, 0.3, 2, "b", temperature=1.0)
    assert "last fifth of the training" in compare(a, b).basis


def test_identical_evaluations_are_not_certain(tmp_path):
    a, b = evaluated(tmp_path, 0.0, 2, "a"), evaluated(tmp_path, 0.0, 2, "b")
    assert compare(a, a).p == 1 and compare(a, b).verdict == "not different"
