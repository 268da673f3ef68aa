"""The reward instructions: IFEval's own verdicts, where ours differ and why, rows that cannot be read, hostile texts."""

import json
from importlib.util import find_spec

import pytest
from grpo_rewards import instructions, verdict_log
from grpo_rewards.contract import REGISTRY, RewardError
from grpo_rewards.instruction_checks import CHECKS, sentences
from grpo_rewards.rewarder import Rewarder

from swift_grpo.data.prepare import plan_for, prepare
from tests.conftest import ROOT

needs_languages = pytest.mark.skipif(
    not find_spec("py3langid"), reason="py3langid: pip install --no-deps -r requirements/instructions.txt"
)
LIMITS = (
    "frequency let_frequency capital_frequency num_words num_paragraphs nth_paragraph num_placeholders num_bullets "
)
ARGUMENTS = dict.fromkeys(f"{LIMITS}num_sentences num_highlights num_sections".split(), 1) | {
    "relation": "at least",
    "let_relation": "at least",
    "capital_relation": "at least",
    "keywords": ["a"],
    "forbidden_words": ["a"],
    "postscript_marker": "P.S.",
    "section_spliter": "Section",
    "prompt_to_repeat": "a",
    **dict.fromkeys(("keyword", "letter", "first_word", "end_phrase"), "a"),
    "language": "en",
}


def follows(kind: str, text: str, **arguments) -> bool:
    ((_, check),) = instructions.read([kind], [arguments])
    return bool(text.strip() and check(text.strip()))


def paid(text: str, names, arguments, **parameters) -> float | None:
    return instructions.instructions([text], [names], [arguments], **parameters)[0]


@needs_languages
@pytest.mark.slow
def test_the_verdicts_are_those_of_ifeval():
    """`python -m benchmarks.rewards.instructions --reference DIR --record FILE` wrote them with Google's code."""
    lines = (ROOT / "tests/rewards/instructions_reference.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    assert len(cases) > 250 and {(case["kind"], case["reference"]) for case in cases} == {
        (kind, followed) for kind in CHECKS for followed in (True, False)
    }
    other = [case for case in cases if follows(case["kind"], case["text"], **case["kwargs"]) != case["reference"]]
    assert sorted(case["kind"] for case in other) == [
        "change_case:english_capital",  # their identifier of languages fails on capitals
        "change_case:english_capital",
        "length_constraints:number_sentences",  # a list's number, and an ellipsis
        "length_constraints:number_sentences",
    ]


@pytest.mark.parametrize(
    ("kind", "text", "arguments", "ours", "why"),
    [
        ("detectable_format:number_bullet_lists", "*\n*\n*", {"num_bullets": 2}, False, "a mark alone is not a point"),
        (
            "keywords:letter_frequency",
            "a#",
            {"letter": "#", "let_frequency": 1, "let_relation": "at least"},
            True,
            "they draw another letter",
        ),
        (
            "change_case:capital_word_frequency",
            "DON'T",
            {"capital_frequency": 1, "capital_relation": "at least"},
            True,
            "one word",
        ),
        (
            "change_case:capital_word_frequency",
            "DON'T",
            {"capital_frequency": 2, "capital_relation": "at least"},
            False,
            "not DO and N'T",
        ),
        ("keywords:existence", "a+b is c++", {"keywords": ["c++"]}, True, "a word is not a pattern"),
        ("keywords:existence", "abc", {"keywords": ["(a|b)c"]}, False, "a word is not a pattern"),
        ("detectable_format:json_format", "[" * 100_000, {}, False, "theirs raises RecursionError"),
        (
            "length_constraints:nth_paragraph_first_word",
            "a\n\n\n\nb",
            {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "b"},
            True,
            "blank lines are not a paragraph",
        ),
    ],
)
def test_where_a_verdict_differs_from_ifeval(kind, text, arguments, ours, why):
    assert follows(kind, text, **arguments) is ours, why


@needs_languages
@pytest.mark.parametrize("code", ["de", "fi", "hi", "mr", "ne", "ur", "sw", "kn", "th", "ko"])
def test_languages_are_told_apart(code):
    texts = json.loads((ROOT / "benchmarks/rewards/languages.json").read_text(encoding="utf-8"))
    assert {name for name, text in texts.items() if follows("language:response_language", text, language=code)} == {
        code
    }
    assert not follows("language:response_language", "1 2 3", language=code)


def test_sentences_of_numbers_quotes_and_marks():
    texts = [
        "It is 3.14. Yes!",
        'He said "Go." She went.',
        "What?! No.\nYes",
        "See U.S. law, e.g. this.",
        "Go...",
        "no end",
    ]
    assert [sentences(text) for text in texts] == [2, 2, 3, 1, 1, 1]


@pytest.mark.parametrize(
    ("names", "arguments", "why"),
    [
        (["punctuation:no_comma", "count:numbers"], [{}, {}], "no check for the instruction 'count:numbers'"),
        ([["punctuation:no_comma"]], [{}], "no check for the instruction"),
        (["punctuation:no_comma"], [{}, {}], "two lists of one length"),
        ([], [], "two lists of one length"),
        ("punctuation:no_comma", [{}], "two lists of one length"),
        (None, None, "two lists of one length"),
        (["length_constraints:number_words"], [{"relation": "at least"}], "number_words cannot use"),
        (["length_constraints:number_words"], [{"relation": "about", "num_words": 3}], "number_words cannot use"),
        (["length_constraints:number_words"], [{"relation": "at least", "num_words": "3"}], "number_words cannot use"),
        (["length_constraints:number_paragraphs"], [{"num_paragraphs": "3"}], "number_paragraphs cannot use"),
        (["detectable_format:number_bullet_lists"], [{"num_bullets": None}], "number_bullet_lists cannot use"),
        (
            ["length_constraints:nth_paragraph_first_word"],
            [{"num_paragraphs": 2, "nth_paragraph": 3, "first_word": "a"}],
            "first_word cannot use",
        ),
        (["keywords:existence"], [{"keywords": []}], "existence cannot use"),
        (["keywords:forbidden_words"], [{"forbidden_words": ["a" * 201]}], "longer than 200"),
        (["combination:repeat_prompt"], [{"prompt_to_repeat": " "}], "repeat_prompt cannot use"),
        (["startend:end_checker"], [{"end_phrase": 3}], "end_checker cannot use"),
    ],
)
def test_a_row_that_cannot_be_read_is_left_out_with_a_word(names, arguments, why, caplog, monkeypatch):
    monkeypatch.setattr(instructions, "_logged", set())
    assert [paid("some text", names, arguments) for _ in range(2)] == [None, None]
    (said,) = caplog.messages  # once
    assert why in said


@needs_languages
def test_no_kind_can_be_read_without_the_arguments_that_it_needs():
    without = {kind for kind in CHECKS if paid("x", [kind], [{}]) is not None}
    assert without == {
        "change_case:english_capital",
        "change_case:english_lowercase",
        "combination:two_responses",
        "detectable_format:constrained_response",
        "detectable_format:json_format",
        "detectable_format:title",
        "punctuation:no_comma",
        "startend:quotation",
    }
    assert paid("x", ["language:response_language"], [{"language": "klingon"}]) is None
    assert None not in [paid("x", [kind], [ARGUMENTS]) for kind in CHECKS]


def test_what_is_judged_and_what_it_pays():
    both = (["punctuation:no_comma", "startend:quotation"], [{}, None])
    assert paid('<think>a, b</think>\n"Yes"', *both) == 1.0
    assert paid('<think>a, b</think><answer>"Yes"</answer>', *both) == 1.0
    assert paid("<think>a</think>Yes", *both) == 0.5
    assert paid("<think>a</think>Yes", *both, whole=True) == 0.0
    assert paid('"Yes"', *map(json.dumps, both)) == 1.0
    assert paid('"Yes"', both[0], [json.dumps({}), {"num_words": None}]) == 1.0
    assert [paid(text, *both) for text in ("", "<think>no comma", "<think>a</think> \n", "<answer></answer>")] == [
        0.0
    ] * 4


def test_loose_forgives_a_first_line_a_last_line_and_asterisks():
    row = (["startend:quotation"], [{}])
    texts = ['Sure:\n"Yes"', '"Yes"\nBye', 'Sure:\n"Yes"\nBye', '**"Yes"**', 'Sure:\nhere:\n"Yes"']
    assert [paid(text, *row) for text in texts] == [0.0] * 5
    assert [paid(text, *row, loose=True) for text in texts] == [1.0, 1.0, 1.0, 1.0, 0.0]


@needs_languages
def test_called_as_ms_swift_calls_it_it_writes_what_was_not_followed(tmp_path):
    verdict_log.open_in(str(tmp_path))
    try:
        columns = {"instruction_id_list": [["punctuation:no_comma"], ["x"]], "kwargs": [[{}], [{}]]}
        assert Rewarder(REGISTRY["instructions"])(["a, b", "c"], **columns) == [0.0, None]
    finally:
        verdict_log.open_in(None)
    lines = [json.loads(line) for line in (tmp_path / "verdicts/instructions.jsonl").read_text().splitlines()]
    assert [line["reason"] for line in lines] == [
        "0 of 1 followed; not ['punctuation:no_comma']",
        "there is no check for the instruction 'x'",
    ]


def test_rows_of_ifeval_are_prepared_without_a_gold(tmp_path):
    raw = {"key": 1, "prompt": "No commas.", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    (tmp_path / "raw.jsonl").write_text(json.dumps(raw) + "\n")
    prepare("ifeval", tmp_path / "rows.jsonl", plan_for("ifeval"), tmp_path / "raw.jsonl")
    row = json.loads((tmp_path / "rows.jsonl").read_text())
    assert row.pop("messages") == [{"role": "user", "content": raw.pop("prompt")}]
    assert row == raw


def test_without_the_package_the_reward_says_what_to_install(monkeypatch):
    monkeypatch.setattr(instructions.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RewardError, match=r"pip install 'swift-grpo\[instructions\]'"):
        Rewarder(REGISTRY["instructions"])


@needs_languages
@pytest.mark.slow
@pytest.mark.timeout(120)  # Google's code is quadratic in some of these
@pytest.mark.parametrize("piece", ["[", "<<", "*", "\n", " ", ". ", "\n\n", "p.", "a", "\ud83d", "\x00"])
def test_a_megabyte_of_anything_is_judged(piece):
    text = "a" + piece * (1_000_000 // len(piece)) + "a"
    assert paid(text, list(CHECKS), [ARGUMENTS] * len(CHECKS)) is not None
