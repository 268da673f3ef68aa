"""Corners that no row of the other sets reaches; mutants of the grader that went unnoticed led to most of them."""

import pytest
from grpo_rewards.answers.verdict import Verdict
from grpo_rewards.grading import judge_batch

RIGHT, WRONG = Verdict.RIGHT, Verdict.WRONG
ZERO = r"\sqrt{2}\cdot\sqrt{3}-\sqrt{6}"  # which no finite precision tells from a tiny number


@pytest.mark.parametrize(
    ("gold", "answer", "verdict"),
    [
        ("1/2", "2^-1", RIGHT),
        ("2", "2^-1", WRONG),
        ("2", "2^+1", RIGHT),
        ("-1/2", r"\frac-12", WRONG),  # an argument without braces is one digit or letter, and this is -/1 2
        ("5 kg", "5 KG", RIGHT),
        ("500 mm", "50 CM", RIGHT),
        ("24 eggs", "2 dozen of eggs", RIGHT),
        (r"(-\infty,-\sqrt{5})\cup(\sqrt{2},\sqrt{3})", r"(\sqrt{2},\sqrt{3})\cup(-\infty,-\sqrt{5})", RIGHT),
        (r"(-\sqrt{3},-\sqrt{2})\cup(\sqrt{2},\sqrt{3})", r"(\sqrt{2},\sqrt{3})\cup(-\sqrt{3},-\sqrt{2})", RIGHT),
        (r"\sin x", "sinx", RIGHT),
        (r"|xy|", "|x||y|", RIGHT),
        (r"|y|+|x|", "|x|+|y|", RIGHT),
        (r"n\pi", r"k\pi", RIGHT),
        (r"n\pi", r"k\pi+m\pi", WRONG),
        ("0", r"0^{\pi}", RIGHT),
        ("0", f"({ZERO})^{{1/2}}", RIGHT),
        ("0", rf"\sqrt[3]{{{ZERO}}}", RIGHT),
        (r"-\sqrt[3]{2+\pi}", r"\sqrt[3]{-2-\pi}", RIGHT),  # the real root of a negative number
        ("1", rf"\sqrt[3]{{{ZERO}}}", WRONG),
        ("0", f"({ZERO}+10^{{-4000}})^{{0.0005}}", WRONG),  # it is 1/100
        ("10^{-2}", f"({ZERO}+10^{{-4000}})^{{0.0005}}", RIGHT),
        ("10^{-2}", rf"\sqrt[2000]{{{ZERO}+10^{{-4000}}}}", RIGHT),
        ("x > 2", "7 R 2", WRONG),  # a quotient with its remainder is no interval, nor is a ratio
        ("3 < x < 4", "3:4", WRONG),
    ],
)
def test_a_corner(gold, answer, verdict):
    assert judge_batch([rf"\boxed{{{answer}}}"], [gold]) == [verdict]
