"""Where the final answer stands, and what is none."""

import pytest
from grpo_rewards import grade
from grpo_rewards.extract import final_answer


@pytest.mark.parametrize(
    ("completion", "answer"),
    [
        ("<think>a</think><answer>72</answer>", "72"),
        ("<think>a</think>\n<answer>\n72\n</answer>\n", "72"),
        (r"<think>a</think><answer>\boxed{72}</answer>", "72"),
        (r"<think>\boxed{5}</think> So \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        (r"\boxed{\text{a {nested} one}}", r"\text{a {nested} one}"),
        (r"\boxed 5", "5"),
        (r"\boxed{\boxed{5}}", "5"),
        ("a</think><answer>72</answer>", "72"),  # the template opened the thought
        ("She sold 24 + 48 = 72 clips.\n#### 72", "72"),
        ("The answer is 72.", "72"),
        ("**Final answer:** 72", "72"),
        ("答案是\uff08\uff21\uff09。", "(A)"),  # a choice in full-width characters
        ("So the final answer is: $x = 5$.", "$x = 5$"),
        ("The answer is 3. No, the answer is 4.", "4"),
        ("72", "72"),
        ("Adding up:\n72", "72"),
        ("48 + 24 = 72.", "72"),
        ("<answer>She has 72 clips in the end.</answer>", "72 clips"),
        ("<answer>The answer is 72 dollars</answer>", "72 dollars"),
        (r"First \boxed{1}. Wait, that is wrong: \boxed{2}", "2"),
        ("\\boxed{1} is the first part.\n\nThe whole is \\boxed{2}", "2"),
        (r"\boxed{5} or \boxed{6}", "5, 6"),
        (r"x = \boxed{1}, y = \boxed{2}", "1, 2"),
        (r"\boxed{7}, that is \boxed{7}", "7"),
        ("<answer>3</answer><answer>3</answer>", "3"),
        # none at all
        ("", None),
        ("<think>72", None),
        (r"<think>\boxed{72}</think>", None),
        ("<think>a</think>", None),
        ("<answer>3</answer> or <answer>4</answer>", None),
        ("<think>a</think><think><answer>72</answer>", None),
        ("<think>a</think><answer>72</answer><think>", None),
        ("The shop sold 48 clips in April and 72 in May.", None),
        ("Is it 72?", None),
        ("I do not know.", None),
        (r"\boxed{72", None),
        ("<answer>72", None),
    ],
)
def test_final_answer(completion, answer):
    assert final_answer(completion) == answer


def test_a_prefilled_thought_that_never_ends_holds_no_answer():
    assert final_answer(r"so it is \boxed{72}") == "72"
    assert final_answer(r"so it is \boxed{72}", think_opened=True) is None
    assert final_answer(r"a</think>\boxed{72}", think_opened=True) == "72"


ATTACKS = {
    "several answers": "<answer>71</answer><answer>72</answer>",
    "several boxes": r"\boxed{70}, \boxed{71}, \boxed{72}",
    "several boxes in one answer": r"<answer>\boxed{71} or \boxed{72}</answer>",
    "alternatives in a box": r"\boxed{71 \text{ or } 72}",
    "a list in a box": r"\boxed{70, 71, 72, 73}",
    "an equation that is none": r"\boxed{71 = 72}",
    "a range": r"\boxed{[70, 75]}",
    "an inequality": r"\boxed{x > 0}",
    "plus or minus": r"\boxed{\pm 72}",
    "answer only in the thought": r"<think>\boxed{72}</think><answer></answer>",
    "thought cut off": r"<think>\boxed{72} <answer>72</answer>",
    "thought opened again": "<think>a</think><think><answer>72</answer>",
    "question echoed": "Natalia sold 72 clips in April. How many clips?",
    "gold echoed as an equation of the prompt": "Let n = 72?",
    "empty answer": "<answer></answer>",
    "empty box": r"\boxed{}",
    "blank answer": "<answer> \n </answer>",
    "a tag in the answer": "<answer><answer>72</answer></answer>x<answer>1</answer>",
    "thought closed in the answer": "<answer>72</think></answer>",
    "gold in a huge answer": "<answer>" + "71 " * 10**5 + "72</answer>",
    "huge number": "<answer>" + "7" * 10**6 + "</answer>",
    "every number": r"\boxed{" + ", ".join(map(str, range(100))) + "}",
    "a variable": r"\boxed{x}",
    "a placeholder": r"\boxed{\text{the answer}}",
    "infinity": r"\boxed{\infty}",
    "not a number": r"\boxed{nan}",
    "a wildcard": r"\boxed{.*}",
    "a comment": r"\boxed{71 % 72}",
    "python": r"\boxed{__import__('os')}",
    "null": "\\boxed{7\x001}",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_earn_nothing(name):
    assert grade(ATTACKS[name], "72") == 0.0
