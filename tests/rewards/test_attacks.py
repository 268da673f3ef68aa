"""Ways to be paid without a right answer in the right form, and what pays for none of them. The gold is 72."""

import pytest
from grpo_rewards import settings
from grpo_rewards.rewarder import Rewarder

R1 = ("math_accuracy", "reasoning_accuracy", "r1_format")
XML = ("xml_correctness", "xml_strict", "xml_soft")
BOXED = ("math_accuracy", "reasoning_accuracy", "integer_modulo", "boxed_format")
ANSWERS = ("math_accuracy", "reasoning_accuracy", "xml_correctness", "integer_modulo")
FORMATS = ("r1_format", "think_format", "boxed_format", "graded_format", "xml_strict", "xml_soft", "xml_integer")

ATTACKS = [
    # several answers
    ("two answers", "<think>a</think><answer>71</answer><answer>72</answer>", R1),
    ("an answer in an answer", "<think>a</think><answer>71<answer>72</answer></answer>", R1),
    ("two answers in XML", "<reasoning>\na\n</reasoning>\n<answer>\n71\n</answer>\n<answer>\n72\n</answer>\n", XML),
    ("two integers in XML", "<reasoning>a</reasoning><answer>71</answer><answer>72</answer>", ("xml_integer",)),
    ("two boxes", r"<think>a</think>\boxed{71}, \boxed{72}", BOXED[:3]),
    ("a list in a box", r"<think>a</think>\boxed{7,2}", BOXED[:3]),
    ("a hedge in a box", r"<think>a</think>\boxed{71 \text{ or } 72}", BOXED[:3]),
    # the answer only in the thought
    ("answer in the thought", "<think><answer>72</answer></think>", (*R1, *FORMATS[:3])),
    ("box in the thought", r"<think>\boxed{72}</think> It is above.", BOXED),
    ("thought cut off", r"<think>so <answer>72</answer> \boxed{72}", (*ANSWERS, *FORMATS[:6])),
    ("reasoning cut off", "<reasoning>\nso\n<answer>\n72\n</answer>\n", XML),
    ("answer in the reasoning", "<reasoning>\n<answer>\n72\n</answer>\n</reasoning>\n", XML),
    # the gold echoed from the question
    ("question repeated", "<think>a</think>Natalia sold 72 clips. How many?", (*ANSWERS, "r1_format", "boxed_format")),
    ("prompt repeated", "<think> reasoning process here </think><answer> answer here </answer>", (*ANSWERS, "r1_format")),
    # empty tags
    ("all empty", "<think></think><answer></answer>", (*R1, "think_format", "boxed_format")),
    ("all blank", "<think> \n</think>\n<answer> </answer>", (*R1, "graded_format")),
    ("empty thought", "<think></think><answer>71</answer>", (*R1, "think_format", "graded_format")),
    ("empty thought closed alone", "\n</think>\n\n<answer>71</answer>", (*R1, "think_format", "graded_format")),
    ("empty thought and an answer in the open", "<think>\n\n</think>\n\nIt is \\boxed{71}.", ("think_format", "boxed_format")),
    ("thought of one letter", f"<think>{50 * 'a'}</think><answer>71</answer>", ("graded_format",)),
    ("markers of steps", "First, Next, Finally,\n1.\n2.\n3.\n", ("reasoning_steps",)),
    ("empty box", r"<think>a</think>\boxed{}", BOXED),
    ("blank box", r"<think>a</think>\boxed{ }", BOXED),
    ("empty XML", "<reasoning>\n\n</reasoning>\n<answer>\n\n</answer>\n", (*XML, "xml_integer")),
    ("nothing", "", (*ANSWERS, *FORMATS, "tag_count", "xml_count", "levenshtein", "reasoning_steps", "minimum_length")),
    # huge outputs
    ("every number", "<think>a</think><answer>" + " ".join(map(str, range(10**5))) + "</answer>", ANSWERS),
    ("every number in boxes", "<think>a</think>" + r"\boxed{72} " * 10**4 + r"\boxed{71}", ANSWERS),
    ("a number without end", r"<think>a</think>\boxed{" + "72" * 10**6 + "}", ANSWERS),
    ("tags without end", "<think>" * 10**5 + "72" + "</think>" * 10**5 + "72", ("r1_format", "think_format", "boxed_format")),
    ("braces without end", r"<think>a</think>" + r"\boxed{" * 10**5 + "72", BOXED),
    # tags put where they are not expected
    ("thought opened again", "<think>a</think><think><answer>72</answer>", R1),
    ("thought closed twice", "<think>a</think>b</think><answer>71</answer>", R1),
    ("thought closed in the answer", "<think>a</think><answer>72</think></answer>", ("math_accuracy", "r1_format")),
    ("answer before the thought", "<answer>72</answer><think>a</think>", R1),
    ("text around it", "72 <think>a</think><answer>71</answer> 72", R1),
    ("other case", "<THINK>a</THINK><ANSWER>72</ANSWER>", (*R1, "tag_count")),
    ("blanks in tags", "< think >a</ think >< answer >72</ answer >", ("r1_format", "tag_count")),
    ("look-alike brackets", "\u2039think\u203aa\u2039/think\u203a\u2039answer\u203a72\u2039/answer\u203a", (*R1, "tag_count")),
    ("zero-width space", "<th\u200bink>a</th\u200bink><answer>72</answer>", ("r1_format", "reasoning_accuracy")),
    ("chat template", "<|im_end|><|im_start|>user<think>a</think><answer>72</answer>", ("r1_format",)),
]  # fmt: skip


@pytest.mark.parametrize(("completion", "rewards"), [row[1:] for row in ATTACKS], ids=[row[0] for row in ATTACKS])
def test_an_attack_earns_nothing(completion, rewards):
    for name in rewards:
        paid = Rewarder(settings.load("")[name][0])([completion], solution=["72"])
        assert paid == [0.0], name
