"""The grader's options: one YAML section for training, `score` and `eval`."""

import pytest
from grpo_rewards import grade, options, settings
from grpo_rewards.contract import RewardError


@pytest.fixture
def given(tmp_path, monkeypatch):
    """Writes a file with options, which GRPO_REWARDS then names."""

    def write(text: str) -> str:
        path = tmp_path / f"{abs(hash(text))}.yaml"
        path.write_text(f"grader:\n  {text}\n")
        monkeypatch.setenv("GRPO_REWARDS", str(path))
        return str(path)

    return write


def test_defaults_are_those_without_a_file(given):
    assert options.current() == options.Options()
    given("percent: either")
    assert options.current() == options.Options()


def test_free_text_can_be_left_out(given):
    texts = ["The answer is 7.", "7", "So it is $7$.", "\\boxed{7}", "<answer>The sum is 7.</answer>", "#### 7"]
    assert [grade(text, "7") for text in texts] == [1.0] * 6
    given("free_text: false")
    assert [grade(text, "7") for text in texts] == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("answer", "gold", "paid"),
    [
        ("99.5", "100", 1.0),
        ("98", "100", 0.0),
        ("99", "100", 1.0),
        ("\\pi", "3.15", 1.0),
        ("3.1", "\\pi", 0.0),
        ("-99.5", "-100", 1.0),
        ("x", "y", 0.0),
    ],
)
def test_tolerance_is_a_share_of_the_gold(given, answer, gold, paid):
    assert grade(f"\\boxed{{{answer}}}", gold) == 0.0
    given("tolerance: 0.01")
    assert grade(f"\\boxed{{{answer}}}", gold) == paid


@pytest.mark.parametrize(("percent", "paid"), [("either", [1, 1]), ("hundredth", [0, 1]), ("number", [1, 0])])
def test_a_percent_sign_means_what_is_asked_for(given, percent, paid):
    given(f"percent: {percent}")
    assert [grade("\\boxed{5\\%}", gold) for gold in ("5", "0.05")] == paid
    assert [grade(f"\\boxed{{{answer}}}", "5\\%") for answer in ("5", "0.05")] == paid


def test_other_tags_may_hold_thoughts(given):
    text = "<plan>\\boxed{1}</plan>I cannot say."
    assert grade(text, "1") == 1.0
    given("thought_tags: [plan]")
    assert grade(text, "1") == 0.0
    assert grade("<plan>1</plan><answer>2</answer>", "2") == 1.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("percents: number", "no option `percents`"),
        ("percent: maybe", "`percent` as one of either, hundredth, number"),
        ("tolerance: 2", "from 0 to below 1"),
        ("tolerance: true", "from 0 to below 1"),
        ("free_text: 1", "true or false"),
        ("thought_tags: plan", "a list of names"),
    ],
)
def test_a_wrong_option_is_named(given, text, told):
    path = given(text)
    with pytest.raises(RewardError, match="section grader: .*" + told):
        settings.load(path)


def test_the_section_is_no_reward(given):
    assert "grader" not in settings.load(given("tolerance: 0.1"))
