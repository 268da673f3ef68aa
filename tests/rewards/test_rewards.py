"""The rewards of the recipes: what is paid, what is not, and what cannot be judged."""

import pytest
from grpo_rewards import grade
from grpo_rewards.format import r1_format

from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("completion", "gold", "verdict"),
    [
        ("<think>t</think><answer>72</answer>", "72", 1.0),
        ("<think>t</think><answer>72.0</answer>", 72, 1.0),
        ("<answer>1,000</answer>", "1000", 1.0),
        ("<answer>$72$.</answer>", "72", 1.0),
        (r"so \boxed{\frac{1}{2}}", r"\frac{1}{2}", 1.0),
        (r"\boxed{0.5}", r"\dfrac{1}{2}", 1.0),
        (r"\boxed{\sqrt{2}}", r"$\sqrt{2}$", 1.0),
        (r"\boxed{(1,2)}", "(1,2)", 1.0),
        (r"\boxed{x^2+1}", "1+x^2", 1.0),
        (r"\boxed{3}", r"It follows that \boxed{3}.", 1.0),
        ("<answer>B</answer>", "B", 1.0),
        ("<answer>71</answer>", "72", 0.0),
        ("<answer>B</answer>", "A", 0.0),
        (r"\boxed{(2,1)}", "(1,2)", 0.0),
        ("the text has 72 in it", "72", 0.0),  # not marked as the answer
        ("<think><answer>72</answer>", "72", 0.0),  # the thought was cut off
        ("<think><answer>72</answer></think><answer>5</answer>", "72", 0.0),  # the thought never counts
        ("<answer>71</answer><answer>72</answer>", "72", 0.0),  # lists candidates
        ("<think>a</think><think>maybe <answer>72</answer>", "72", 0.0),  # a thought opened again
        (r"\boxed{(1,234)}", "1234", 0.0),  # a pair, not a number
        (r"\boxed{1200}", "(1,200)", 0.0),
        ("<answer>" * 10**5, "72", 0.0),
        ("<answer></answer>", "72", 0.0),
        ("<answer>" + "9" * 10**6 + "</answer>", "72", 0.0),
        (r"\boxed{" * 10**5, "72", 0.0),
        ("<answer>1/0</answer>", "72", 0.0),
        ("", "72", 0.0),
        ("<answer>72</answer>", None, None),
        ("<answer>72</answer>", "", None),
    ],
)
def test_grade(completion, gold, verdict):
    assert grade(completion, gold) == verdict


@pytest.mark.parametrize(
    ("completion", "reward"),
    [
        ("<think>a</think><answer>b</answer>", 1.0),
        ("<think>a</think>\n<answer>b</answer>\n", 1.0),  # ms-swift's `format` refuses the last newline
        ("<think>a\nb</think> <answer>c\nd</answer>", 1.0),
        ("<think>a</think><answer>b</answer> and more", 0.0),
        ("before <think>a</think><answer>b</answer>", 0.0),
        ("<think>a<think>b</think></think><answer>c</answer>", 0.0),
        ("<think>a</think><answer>b</answer><answer>c</answer>", 0.0),
        ("<think> </think><answer>b</answer>", 0.0),
        ("<think>a</think><answer></answer>", 0.0),
        ("<answer>b</answer><think>a</think>", 0.0),
        ("a</think><answer>b</answer>", 0.0),
        ("", 0.0),
    ],
)
def test_r1_format(completion, reward):
    assert r1_format(completion) == reward


def test_r1_format_where_the_template_opened_the_thought():
    assert r1_format("a</think><answer>b</answer>", think_opened=True) == 1.0


def test_the_prompts_own_example_earns_the_format_reward():
    prompt = (ROOT / "prompts/r1.txt").read_text()
    assert r1_format(prompt[prompt.index("like this:") + len("like this:") :]) == 1.0
