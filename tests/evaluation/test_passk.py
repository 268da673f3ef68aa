"""pass@k against the closed form and against drawing; votes by the grader's equality."""

from itertools import combinations

import pytest

from swift_grpo.evaluation.grades import same_answers
from swift_grpo.stats import ks, majority, pass_at_k


@pytest.mark.parametrize("n", range(1, 9))
def test_pass_at_k_is_the_share_of_all_subsets(n):
    for correct in range(n + 1):
        verdicts = [1] * correct + [0] * (n - correct)
        for k in range(1, n + 1):
            drawn = [any(subset) for subset in combinations(verdicts, k)]
            assert pass_at_k(n, correct, k) == pytest.approx(sum(drawn) / len(drawn))


def test_pass_at_k_is_unbiased():
    """Over all outcomes of 6 samples with chance 0.3, its expectation is 1 - 0.7^k."""
    from math import comb

    for k in range(1, 7):
        expected = sum(comb(6, c) * 0.3**c * 0.7 ** (6 - c) * pass_at_k(6, c, k) for c in range(7))
        assert expected == pytest.approx(1 - 0.7**k)


@pytest.mark.parametrize(("n", "correct", "k"), [(4, 1, 5), (4, 5, 1), (4, -1, 1), (4, 1, 0), (0, 0, 1)])
def test_what_cannot_be_asked(n, correct, k):
    with pytest.raises(ValueError, match="pass@"):
        pass_at_k(n, correct, k)


def test_equal_answers_vote_together():
    asked = [["1/2", "3", "0.5", None, r"\frac{1}{2}"], ["7", "7.0", "8", "8", "9"], [None, None], []]
    classes = same_answers(asked)
    assert classes == [[0, 1, 0, None, 0], [0, 0, 1, 1, 2], [None, None], []]
    assert majority(classes[0], [True, False, True, False, True]) == 1.0
    assert majority(classes[1], [False, False, True, True, False]) == 0.5  # 7 and 8 tie
    assert majority(classes[2], [False, False]) == 0.0
    assert majority(classes[3], []) == 0.0


def test_hostile_answers_are_only_text():
    nasty = ["__import__('os')", "\ud800", ""]
    (classes,) = same_answers([[*nasty, *nasty]])
    assert classes[:3] == classes[3:]


def test_ks():
    assert ks(64) == [1, 2, 4, 8, 16, 32, 64]
    assert ks(0) == []
