"""Test questions in a training set: verbatim ones are all found, boilerplate is no hit, short questions are not missed."""

import gzip
import json

import pytest

from benchmarks.data.leaks import score as planted
from swift_grpo.data import code_sets
from swift_grpo.data.overlap import Index
from swift_grpo.formats import manifest
from swift_grpo.formats.rows import read_rows
from tests.conftest import DATA
from tests.data import code_examples
from tests.data.conftest import read_jsonl, write_jsonl

LONG = (
    "Let $ABC$ be a triangle with $AB = 13$, $BC = 14$ and $CA = 15$. The incircle touches $BC$ at $D$, and the line $AD$ meets "
    "the circle again at $P$. Find the length of $AP$."
)
OTHER = "A shop sells pens at 3 dollars each and books at 12 dollars each. Ann buys 4 pens and 2 books. How much does she pay?"


def kinds(text: str, *questions: str) -> list[str]:
    return [hit.kind for hit in Index({"test": questions}).hits(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (LONG, ["words"]),
        (LONG.replace("$", "").upper(), ["words"]),
        (LONG.replace("$AB = 13$", "\\(AB=13\\)").replace(".", " ."), ["words"]),
        ("Here is a problem. " + LONG + " Put the answer in \\boxed{}.", ["words"]),
        (LONG.replace("13", "26").replace("14", "28").replace("15", "30"), ["words"]),  # most runs have no number
        (OTHER, []),
        ("Let ABC be a triangle. Find the length of AP.", []),
        ("", []),
    ],
)
def test_a_long_question(text, kind):
    assert kinds(text, LONG) == kind


def test_a_question_that_differs_in_numbers_alone():
    text = OTHER.replace("3", "5").replace("12", "20").replace("4", "7").replace("2 books", "9 books")
    (hit,) = Index({"test": [OTHER]}).hits(text)
    assert hit.kind == "numbers"
    assert hit.share_8 < 0.5 <= hit.template


@pytest.mark.parametrize(
    ("text", "question", "hit"),
    [
        ("Compute $\\dfrac{1}{2} + 3$.", "Compute $\\frac{1}{2}+3$", True),
        ("Compute $5!$.", "Compute $5$.", False),
        ("Compute $1 - 2$.", "Compute $1 + 2$.", False),
        ("Compute $5$, and then go on to double it.", "Compute $5$", False),
        ("求 $x$ 的值", "求 $x$ 的值", True),
        (
            "sin 20 cos 30 sin 40 cos 50 sin 60",
            "sin 10 cos 20 sin 30 cos 40 sin 50",
            False,
        ),  # only the shape is the same
    ],
)
def test_a_short_question_is_compared_as_a_whole(text, question, hit):
    assert bool(kinds(text, question)) is hit


def test_a_common_phrase_is_no_hit():
    phrase = "Find the number of ordered pairs of positive integers such that"
    questions = [f"{phrase} the {word} of both is a perfect square below one hundred" for word in ("sum", "product")]
    assert kinds(f"{phrase} neither of them divides the other or its square, if any exist at all", *questions) == []


def test_a_last_line_that_all_questions_share_is_no_hit():
    line = "Please reason step by step, and put your final answer within \\boxed{}."
    questions = [f"What is {word}? {line}" for word in ("one", "two", "three", "four", "five")]
    assert kinds(f"What is the capital of France? {line}", *questions) == []
    assert [hit.row for hit in Index({"test": questions}).hits(f"What is three? {line}")] == [3]


def test_removed_rows_are_kept_beside_with_what_they_repeat(data, tmp_path):
    write_jsonl(
        tmp_path / "train.jsonl", [{"query": OTHER, "id": 1}, {"query": LONG, "id": 2}, {"note": "no question"}]
    )
    write_jsonl(tmp_path / "test.jsonl", [{"problem": "nothing like it"}, {"problem": LONG}])
    said = data("decontaminate", "train.jsonl", "--against", "test.jsonl", "-o", "clean.jsonl")
    assert "1 of 3 rows" in said.stdout
    assert "test 2 · words" in said.stdout
    assert [row.get("id") for row in read_jsonl(tmp_path / "clean.jsonl")] == [1, None]
    (row,) = read_jsonl(tmp_path / "clean.removed.jsonl")
    assert row["id"] == 2
    assert row["contaminated"] | {"share_8": 1.0, "share_13": 1.0, "row": 2, "question": LONG} == row["contaminated"]
    recorded = json.loads(manifest.path_of(tmp_path / "clean.jsonl").read_text())
    assert recorded["counts"] == {"read": 3, "unreadable": 0, "removed": 1, "output": 2}
    assert [one["name"] for one in recorded["sources"]] == ["train.jsonl", "test.jsonl"]


def test_without_an_output_nothing_is_written(data, tmp_path):
    write_jsonl(tmp_path / "a.jsonl", [{"query": LONG}])
    found = json.loads(data("decontaminate", "a.jsonl", "--against", "gsm8k=a.jsonl", "--json").stdout)
    assert found["sets"] == {"gsm8k": {"questions": 1, "repeated": 1}}
    assert found["pairs"][0]["position"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize(
    ("file", "against", "flags", "said"),
    [
        ('{"query": "a"}\n', '{"note": 1}\n', [], "no row has a question"),
        ("", '{"query": "a"}\n', [], "empty"),
        ('{"query": "a"}\n', '{"query": "a"}\n', ["--threshold", "0"], "--threshold"),
    ],
)
def test_bad_input_is_one_line(data, tmp_path, file, against, flags, said):
    (tmp_path / "a.jsonl").write_text(file)
    (tmp_path / "b.jsonl").write_text(against)
    result = data("decontaminate", "a.jsonl", "--against", "b.jsonl", "-o", "c.jsonl", *flags, code=2)
    assert said in result.stderr
    assert not (tmp_path / "c.jsonl").exists()


def test_hostile_text_reaches_no_terminal(data, tmp_path):
    text = "[bold]" + LONG + "\x1b]0;owned\x07[/nothing]"
    write_jsonl(tmp_path / "a.jsonl", [{"query": text}])
    shown = data("decontaminate", "a.jsonl", "--against", "a.jsonl").stdout
    assert "\x1b]" not in shown
    assert "[bold]" in shown


@pytest.mark.real_data
def test_verbatim_leaks_are_all_found_and_reworded_ones_as_they_were():
    counts = planted.found()
    assert counts["verbatim", True] == 20
    assert sum(count for (how, hit), count in counts.items() if hit and how != "verbatim") >= 9


@pytest.mark.real_data
def test_gsm8k_train_repeats_hardly_any_test_question():
    assert len(planted.unplanted(0.5)) <= 8  # 4 when this was written, judged in docs/evidence/data.md


def test_raw_files_of_humaneval_and_mbpp_find_their_questions(data, tmp_path):
    (widest, _), (framed,) = code_examples.HUMAN_EVAL, code_examples.MBPP
    with gzip.open(tmp_path / "HumanEval.jsonl.gz", "wt") as file:
        file.write("".join(json.dumps(row) + "\n" for row in code_examples.HUMAN_EVAL))
    write_jsonl(tmp_path / "mbpp.jsonl", code_examples.MBPP)
    sentence = widest["prompt"].partition('"""')[2].partition(">>>")[0]
    rows = [
        {"query": "Read a list of numbers and print the largest sum of numbers that are next to each other."},
        {"query": f"Solve this in Python.\n\n{widest['prompt'].replace('widest', 'f').replace('List[str]', 'list')}"},
        {"query": f"Write a program that reads words. {sentence} Print it."},  # without signature and examples
        code_sets.standard(widest),
        code_sets.standard(framed),
        framed,
    ]
    write_jsonl(tmp_path / "train.jsonl", rows)
    flags = ["--against", "HumanEval.jsonl.gz", "--against", "mbpp.jsonl"]
    found = json.loads(data("decontaminate", "train.jsonl", *flags, "--json").stdout)
    hits = [(pair["position"], pair["hit"]["set"]) for pair in found["pairs"]]
    assert hits == [(2, "HumanEval"), (3, "HumanEval"), (4, "HumanEval"), (5, "mbpp"), (6, "mbpp")]


@pytest.mark.real_data
def test_each_real_question_is_found_in_a_prompt_of_its_own():
    if not (DATA / "HumanEval.jsonl.gz").is_file():
        pytest.skip(f"HumanEval.jsonl.gz is not in {DATA}")
    rows = list(read_rows(DATA / "HumanEval.jsonl.gz"))
    index = Index({"humaneval": [code_sets.stated(row) for row in rows]})
    for number, row in enumerate(rows, start=1):
        assert number in {hit.row for hit in index.hits(code_sets.standard(row)["messages"][0]["content"])}
