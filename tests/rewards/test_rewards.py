"""The catalogue: what is paid and what is not, beyond the examples in each reward's docstring."""

import pytest
from grpo_rewards import accuracy, format, length, settings, style
from grpo_rewards.contract import REGISTRY

from swift_grpo.data.larger_number import trace_row
from tests.conftest import ROOT


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
        ("a<think>b</think><answer>c</answer>", 0.0),
        ("<answer>c</answer>", 0.0),
        ("", 0.0),
    ],
)
def test_r1_format(completion, reward):
    assert format.r1_format(completion) == reward


THOUGHT = "First we add the two numbers: 2 + 2 = 4."
ANSWERS = {  # what follows the thought, and the most that each reward pays for it
    "r1_format": ("<answer>4</answer>", 1.0),
    "r1_format_prefilled": ("<answer>4</answer>", 1.0),
    "graded_format": ("<answer>4</answer>", 1.0),
    "tag_count": ("<answer>4</answer>", 1.0),
    "think_format": ("So it is 4.", 1.0),
    "boxed_format": (r"So it is \boxed{4}.", 1.0),
}
EMPTY_THOUGHTS = (  # non_thinking_prefix of ms-swift's templates
    "<think>\n\n</think>\n\n",
    "<think>\n\n</think>\n",
    "<think></think>",
    "</think>",
)


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize(
    "opening", ["<think>", "<think>\n", ""]
)  # as written, as put back by ms-swift, as left out by TRL
def test_whoever_opened_the_thought_it_is_paid(name, opening):
    answer, full = ANSWERS[name]
    assert settings.build(*settings.load("")[name])([f"{opening}{THOUGHT}\n</think>\n{answer}"]) == [full]


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("empty", EMPTY_THOUGHTS)
def test_an_empty_thought_of_the_template_is_not_the_policy(name, empty):
    answer, full = ANSWERS[name]
    rewarder = settings.build(*settings.load("")[name])
    tags = 0.5 if name == "tag_count" else 0.0  # those of the answer
    assert rewarder([f"{empty}<think>\n{THOUGHT}\n</think>\n{answer}", f"{empty}{answer}"]) == [full, tags]
    assert rewarder([f"{empty}{THOUGHT}</think>{answer}"])[0] < full  # closed, and opened by nobody


@pytest.mark.parametrize("empty", ["", *EMPTY_THOUGHTS])
def test_other_formats_after_an_empty_thought(empty):
    xml = f"{empty}<reasoning>\na\n</reasoning>\n<answer>\n4\n</answer>\n"
    assert (format.xml_strict(xml), format.xml_soft(xml), format.xml_count(xml)) == (0.5, 0.5, 0.5)
    assert style.language_consistency(f"{empty}all of it is English") == 1.0


@pytest.mark.parametrize(
    ("thought", "reward"),
    [
        ("a thought that is long", 1.0),
        ("11111 + 11111 = 22222", 1.0),
        ("我们先把两个数相加得到四然后再检查一遍结果是否正确", 1.0),
        ("short", 0.5),
        ("a" * 50, 0.0),
        ("a " * 50, 0.0),
        ("ha" * 50, 0.0),
        ("wait, " * 50, 0.0),
        ("." * 50, 0.0),
        (" \n" * 50, 0.0),
    ],
)
def test_graded_format(thought, reward):
    assert format.graded_format(f"<think>{thought}</think><answer>4</answer>") == reward


@pytest.mark.parametrize(
    ("completion", "reward"),
    [
        ("<reasoning>\na\nb\nc\n</reasoning>\n<answer>\n4\n</answer>\n", 0.5),  # several lines: 0 in the demo
        ("<reasoning>\na\n</reasoning>\n<answer>\n4\n</answer>", 0.5),
        ("<reasoning>\na\n</reasoning>\n<answer>\n4\n</answer>\nmore", 0.0),
        ("<reasoning>a\n</reasoning>\n<answer>\n4\n</answer>\n", 0.0),
        ("<reasoning>\na\n</reasoning><answer>\n4\n</answer>\n", 0.0),
        (" <reasoning>\na\n</reasoning>\n<answer>\n4\n</answer>\n", 0.0),
    ],
)
def test_xml_strict(completion, reward):
    assert format.xml_strict(completion) == reward


def test_xml_count_is_bounded():
    whole = "<reasoning>\na\n</reasoning>\n<answer>\n4\n</answer>\n"
    assert format.xml_count(whole + 100 * "x") == pytest.approx(0.4)
    assert format.xml_count(whole + 10**6 * "x") == -1.0


@pytest.mark.parametrize(
    ("tokens", "right", "wrong"), [(0, 1.0, -0.5), (50, 0.75, -0.25), (100, 0.5, 0.0), (200, 0.5, 0.0)]
)
def test_cosine_is_clamped_past_its_length(tokens, right, wrong):
    paid = length.math_cosine([r"\boxed{1}", r"\boxed{2}"], ["1", "1"], [tokens, tokens], max_len=100)
    assert paid == pytest.approx([right, wrong])


def test_cosine_with_trls_values():
    values = {
        "min_len_value_wrong": -1.0,
        "max_len_value_wrong": -0.5,
        "min_len_value_correct": 1.0,
        "max_len_value_correct": 0.5,
    }
    assert length.math_cosine([r"\boxed{2}"], ["1"], [0], max_len=100, **values) == [-1.0]


def test_kimi_length_leaves_an_unreadable_gold_out():
    assert length.kimi_length([r"\boxed{1}"] * 2, [None, "1"], [10, 20], [[10, 20]] * 2) == [None, -0.5]


@pytest.mark.parametrize(
    ("completion", "reward"),
    [("", 0.0), ("a b", 0.0), ("a a a a a", -2 / 3), ("one two three four five", 0.0), ("ไปไปไปไป", -2 / 3)],
)
def test_repetition(completion, reward):
    assert style.ngram_repetition(completion) == pytest.approx(reward)


@pytest.mark.parametrize(
    "loop",
    [
        "ha" * 500,
        "wait," * 300,
        "wait-" * 300,
        r"\frac{1}{2}+" * 200,
        "1+1+" * 300,
        "0." + "3" * 1000,
        "-" * 2000,
        "\U0001f600" * 500,
        "<think>" * 300,
        r"0&0&0\\" * 100,
        "x=" + "aab" * 200,
        "안녕하세요" * 5,
    ],
)
def test_a_loop_without_blanks_is_repetition(loop):
    assert style.ngram_repetition(loop) < -0.6
    assert style.ngram_repetition(f"Here the text is an ordinary one, and then: {loop}") < -0.1


@pytest.mark.parametrize(
    "text",
    [
        "1/3 = 0.3333333333333333 and 1/7 = 0.142857142857142857142857142857",
        "# " + "-" * 100 + "\ndef double(x):\n    return 2 * x\n# " + "=" * 100,
        "|" + "----------|" * 12 + "\n|:---|:---:|---:|",
        r"\begin{array}{cccccccccccccccccccccccc} 1 & 2 \end{array} \quad\quad\quad",
        "1" + "0" * 100,
        r"\frac{1}{2}+\frac{1}{3}+\frac{1}{4}+\frac{1}{5}+\frac{1}{6}=\frac{29}{20}",
        "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0] x+x+x+x+x+x+x+x+x+x+x+x",
        "https://www.example.com/a/b/c?x=1&y=2&z=3#hahahahaha",
        "model.layers[0].weight.data.copy_(model.layers[1].weight.data)",
    ],
)
def test_ordinary_text_without_blanks_is_not_a_loop(text):
    assert style.ngram_repetition(text) == 0.0


def test_repetition_at_the_end_of_a_long_completion_is_seen():
    novel = " ".join(str(n) for n in range(20_000))
    assert style.ngram_repetition(novel + " again" * 20_000) == pytest.approx(-0.5, abs=0.001)


@pytest.mark.parametrize(
    ("completion", "reward"),
    [
        ("Step 1: a\nStep 2: b\nStep 3: c", 1.0),
        ("\n\n  1. a\n\n- b", 2 / 3),
        ("no marker", 0.0),
        ("\n" * 10**6, 0.0),  # minutes, where each newline is tried with all that follow
        ("-\n" * 10**6, 0.0),
        ("1. 1. 1.", 1 / 3),
        ("1. a\n1. a\n1. a", 1 / 3),
        ("First, Next, Finally,", 0.0),
        ("Step 1: First, we add.\nStep 2: Then we are done.", 1.0),
    ],
    ids=["steps", "list", "none", "newlines", "dashes", "one line", "one step", "markers", "two markers a step"],
)
def test_reasoning_steps(completion, reward):
    assert style.reasoning_steps(completion) == pytest.approx(reward)


@pytest.mark.parametrize("solution", [None, "", " "])
def test_levenshtein_without_a_solution(solution):
    assert accuracy.levenshtein("<think>a</think>None", solution) is None


@pytest.mark.parametrize(
    ("completion", "reward"),
    [
        ("<reasoning>\na\n</reasoning>\n<answer>\n72\n</answer>\n", 2.0),
        ("<reasoning>a<answer>72</answer>", 0.0),  # the reasoning was cut off
        ("<reasoning><answer>72</answer></reasoning>72", 0.0),
        ("<reasoning>a</reasoning><reasoning><answer>72</answer>", 0.0),
        ("<reasoning>a</reasoning>72", 0.0),
    ],
)
def test_xml_correctness(completion, reward):
    assert accuracy.xml_correctness([completion], ["72"]) == [reward]


@pytest.mark.parametrize(
    ("completion", "language", "share"),
    [
        ("<think>all of it is English</think>42", "en", 1.0),
        ("<think>全部都是中文</think>42", "zh", 1.0),
        ("<think>全部都是中文</think>42", "en", 0.0),
        ("<think>половина half</think>", "ru", 0.5),
        ("<think>half 一</think>", "en", 0.5),
        ("<think>हिन्दी में half</think>", "hi", 2 / 3),
        (r"<think>\frac{1}{2} + x = 3</think>", "en", None),
        ("", "en", None),
    ],
)
def test_language_consistency(completion, language, share):
    assert style.language_consistency(completion, language=language) == share


@pytest.mark.parametrize(
    ("completion", "gold", "reward"),
    [
        (r"\boxed{1024}", 24, 1.0),
        (r"\boxed{-976}", "24", 1.0),
        (r"\boxed{24.0}", "24", 1.0),
        (r"\boxed{25}", "24", 0.0),
        (r"\boxed{1{,}024}", "24", 1.0),
        (r"\boxed{1,024}", "24", 1.0),
        (r"\boxed{2,4}", "24", 0.0),  # a list
        (r"\boxed{x}", "24", 0.0),
        (r"\boxed{10^{999999999}}", "24", 0.0),
        (r"\boxed{24}", r"\frac12", None),
        (r"\boxed{n=24}", "24", 1.0),
        (r"\boxed{m+n = 1000 + 24 = 1024}", "24", 1.0),
        (r"\boxed{n = 2, 4}", "24", 0.0),
        (r"\boxed{n \ne 24}", "24", 0.0),
        (r"\boxed{24}", "The answer is 24.", 1.0),
        (r"\boxed{24}", "She has 20 + 4.\n#### 24", 1.0),
        (r"\boxed{24}", [25, "24"], 1.0),
        (r"\boxed{26}", [25, "24"], 0.0),
        (r"\boxed{24}", [], None),
        (r"\boxed{24}", ["x"], None),
        (r"\boxed{24}", None, None),
    ],
)
def test_integer_modulo(completion, gold, reward):
    assert accuracy.integer_modulo(completion, gold) == reward


def test_reasoning_accuracy_wants_a_closed_thought():
    completions = ["<think>a</think>\\boxed{1}", r"\boxed{1}", r"<think>\boxed{1}"]
    assert accuracy.reasoning_accuracy(completions, ["1"] * 3) == [1.0, 0.0, 0.0]


def example(prompt: str) -> str:
    """The output that a prompt shows."""
    text = (ROOT / "prompts" / prompt).read_text()
    for mark in ("like this:", "in the following format:\n"):
        if mark in text:
            return text.split(mark, 1)[1].strip(" ")
    return "So it is " + text.rsplit(" within ", 1)[1]


@pytest.mark.parametrize(
    ("prompt", "reward", "full"),
    [
        ("r1.txt", "r1_format", 1.0),
        ("r1.txt", "tag_count", 1.0),
        ("r1_boxed_modulo.txt", "think_format", 1.0),
        ("r1_boxed_modulo.txt", "boxed_format", 1.0),
        ("xml.txt", "xml_strict", 0.5),
        ("xml.txt", "xml_soft", 0.5),
        ("xml.txt", "xml_count", 0.5),
    ],
)
def test_a_prompts_own_example_earns_its_format_reward_once_it_is_filled_in(prompt, reward, full):
    rewarder = settings.build(*settings.load("")[reward])
    counts_tags = reward.endswith("_count")
    assert rewarder([filled_in(example(prompt)), example(prompt)]) == [full, full if counts_tags else 0.0]
    assert rewarder.reward.high == full


def filled_in(example: str) -> str:
    return example.replace("reasoning process here", "2 + 2").replace("answer here", "4").replace("...", "4")


def test_the_r1_prompts_example_where_the_template_opened_the_thought():
    assert format.r1_format(filled_in(example("r1.txt")).replace("<think>", "", 1)) == 1.0


def test_the_demos_traces_earn_its_format_reward():
    # prompts/demo.txt shows no example: a cold start teaches the form
    assert format.r1_format(trace_row(17, 5, said=17)["messages"][-1]["content"]) == 1.0


def test_the_modulo_prompts_own_example_is_graded():
    assert accuracy.integer_modulo(example("r1_boxed_modulo.txt"), 1024) == 1.0


def test_the_boxed_prompts_own_example_is_graded():
    completion = example("boxed.txt").replace("{}", "{42}")
    assert accuracy.math_accuracy([completion], ["42"]) == [1.0]


def test_every_reward_shows_a_runnable_example():
    rewards = [REGISTRY[name] for name in settings.load("")]
    ours = [reward for reward in rewards if reward.function.__module__.startswith("grpo_rewards.")]
    assert len(ours) >= 26
    assert [reward.name for reward in ours if ">>> " not in (reward.function.__doc__ or "")] == []
