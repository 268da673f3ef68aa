"""Rows as ms-swift's loader reads them: what passes, what ends or empties a run, and each with the fix."""

import json

import pytest

from swift_grpo.check import check_command
from swift_grpo.check.rows import conversation_fault
from swift_grpo.formats.rows import prompt_of
from tests.conftest import ROOT, tiny_model
from tests.docs.test_rows import ASK

USER = [{"role": "user", "content": "Compute {} + 2."}]
# rows that ms-swift reads, and what a row asks
READ = [
    {"messages": USER},
    {"messages": json.dumps(USER)},
    {"messages": str(USER)},
    {"messages": [{"from": "human", "value": "Compute {} + 2."}]},
    {"messages": [{"role": "human", "content": "Compute {} + 2."}, {"role": "bot", "content": "4"}]},
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "Compute {} + 2."}]}]},
    {"conversation": [{"human": "Compute {} + 2.", "assistant": "4"}]},
    {"conversations": [{"from": "human", "value": "Compute {} + 2."}, {"from": "gpt", "value": "4"}]},
    {"Question": "Compute {} + 2."},
    {"instruction": "Compute", "input": "{} + 2."},
    {"query": "and + 2?", "history": [["Compute {}", "yes"]]},
    {"query": "and + 2?", "history": "[['Compute {}', 'yes']]"},
    {"system": "Be brief.", "messages": USER},
]
# rows that ms-swift deletes, and last those that it leaves without a question
DELETED = [
    {"messages": []},
    {"messages": "Compute {} + 2."},
    {"messages": [{"role": "model", "content": "Compute {} + 2."}]},
    {"messages": [{"role": "user", "content": None}]},
    {"messages": [{"content": "Compute {} + 2."}]},
    {"messages": [{"role": "user", "text": "Compute {} + 2."}]},
    {"conversation": [{"human": "Compute {} + 2."}]},
    {"messages": {"role": "user", "content": "Compute {} + 2."}},
    {"messages": [{"role": "developer", "content": "Be brief."}, *USER]},
    {"text": "Compute {} + 2."},
    {"query": None},
    {"problem": "Compute {} + 2.", "prompt": "Be brief."},
]


def numbered(row, number):
    return json.loads(json.dumps(row).replace("{}", str(number)))


def lines(row, golds=None):
    rows = [numbered(row, n) | {"solution": str(n + 2) if golds is None else golds} for n in range(4)]
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def said(tmp_path, monkeypatch):
    """What the check says of a command on the CPU with this data set."""
    monkeypatch.chdir(tmp_path)
    tiny_model(tmp_path / "model")

    def run(text, name="r.jsonl", *flags, reward="accuracy"):
        (tmp_path / name).write_text(text)
        words = f"swift rlhf --rlhf_type grpo --model model --output_dir out --reward_funcs {reward} --dataset {name}".split()
        words += ["--num_generations", "2", "--per_device_train_batch_size", "2"]
        if reward != "accuracy":
            words += ["--external_plugins", str(ROOT / "plugin" / "plugin.py")]
        found = check_command([*words, *flags], {}, "cpu")
        return [str(problem) for problem in found if problem.severity != "SKIPPED"]

    return run


@pytest.mark.parametrize("row", READ)
def test_what_ms_swift_reads_passes(said, row):
    assert said(lines(row)) == []


@pytest.mark.parametrize("row", DELETED)
def test_what_ms_swift_deletes_is_an_error(said, row):
    (line,) = said(lines(row))
    assert line.startswith(
        ("every row of the dataset r.jsonl", "the dataset r.jsonl has ", "4 of 4 rows of the dataset r.jsonl")
    )


@pytest.mark.slow  # ms-swift's data sets take 20 s to import
def test_ms_swift_agrees(tmp_path, ms_swift):
    """It is asked about each row of both tables: what it makes of those that are read, and that it deletes the others."""
    files = [tmp_path / f"{number}.jsonl" for number, _ in enumerate([*READ, *DELETED])]
    for file, row in zip(files, [*READ, *DELETED], strict=True):
        file.write_text(lines(row))
    kept = 'print("row", '
    ask = ASK.replace("    rows, _", "    try:\n     rows, _").replace(
        f"    {kept}",
        f'     rows[0]["messages"][0]\n    except Exception:\n     print("row null")\n     continue\n    {kept}',
    )
    asked = ms_swift.run(ask, *map(str, files), cwd=tmp_path)
    found = [json.loads(line[4:]) for line in asked.stdout.splitlines() if line.startswith("row ")]
    assert len(found) == len(files), asked.stderr[-2000:]
    left = [row["messages"] for row in found[len(READ) :] if row]
    assert not any(turn["role"] == "user" for messages in left for turn in messages)
    for row, becomes in zip(READ, found, strict=False):
        ours = prompt_of({key.lower(): value for key, value in numbered(row, 0).items()})
        theirs = prompt_of({"messages": becomes["messages"]})
        assert ours == theirs, row


def test_every_form_of_a_file_is_read(said):
    rows = [{"messages": numbered(USER, n), "solution": str(n)} for n in range(4)]
    for text in (json.dumps(rows), json.dumps(rows, indent=2), "\n".join(json.dumps(row, indent=2) for row in rows)):
        assert said(text) == []


@pytest.mark.parametrize(
    ("text", "name", "what", "fix"),
    [
        (
            lines({"prompt": USER}),
            "r.jsonl",
            "the column `prompt` of the dataset r.jsonl holds conversations",
            """--columns '{"prompt": "messages"}'""",
        ),
        (
            "".join(
                json.dumps({"prompt": numbered(USER, n), "reward_model": {"ground_truth": "4"}}) + "\n"
                for n in range(4)
            ),
            "r.jsonl",
            "it seems to be reward_model.ground_truth",
            """swift-grpo data prepare r.jsonl --columns '{"reward_model.ground_truth": "solution"}' -o rows.jsonl""",
        ),
        (
            "question,solution\nA?,4\nB?,5\n",
            "r.csv",
            "2 of 2 values of `solution` that are not text (2 int)",
            "in JSON Lines",
        ),
        (
            lines({"messages": USER}),
            "r.txt",
            "reads each line of a .txt as an assistant's text",
            "rename it to .jsonl",
        ),
        (
            lines({"messages": USER, "images": ["pictures/{}.png"]}),
            "r.jsonl",
            "4 of 4 files that the first rows of the dataset r.jsonl name are not there, such as pictures/0.png in row 1",
            "ROOT_IMAGE_DIR",
        ),
        (
            lines({"messages": USER}, "Because the train was late again."),
            "r.jsonl",
            "every gold (`solution`) of the dataset r.jsonl is prose",
            "llm_judge",
        ),
    ],
)
def test_what_ends_or_empties_a_run_has_its_fix(said, text, name, what, fix):
    (line,) = [line for line in said(text, name) if what in line]
    assert fix in line


@pytest.mark.parametrize(("kind", "end"), [("input_text", "whose text ms-swift leaves out"), (None, "without a type")])
def test_parts_that_lose_their_text(said, kind, end):
    part = {"text": "Compute {} + 2."} | ({"type": kind} if kind else {})
    (line,) = said(lines({"messages": [{"role": "user", "content": [part]}]}))
    assert line.startswith("every row of the dataset r.jsonl: a content has a part")
    assert end in line


def test_one_question_on_many_images_is_no_duplicate(said, tmp_path):
    for number in range(4):
        (tmp_path / f"{number}.png").touch()
    assert said(lines({"messages": [{"role": "user", "content": "<image>What is it?"}], "images": ["{}.png"]})) == []


@pytest.mark.parametrize(
    ("golds", "rewards", "severity"),
    [
        ("AAAA", "accuracy", ""),
        ("AAA1", "accuracy", "warning: "),
        ("AAAA", "accuracy math_accuracy", "warning: "),
        ("AAAA", "math_accuracy", None),
        ("A123", "accuracy", None),
    ],
)
def test_golds_that_are_letters(said, golds, rewards, severity):
    """ms-swift's accuracy makes nothing of a letter: with no other gold every completion earns 0."""
    rows = [{"messages": numbered(USER, n), "solution": gold} for n, gold in enumerate(golds)]
    found = said("".join(json.dumps(row) + "\n" for row in rows), "r.jsonl", reward=rewards)
    bare = (
        f"{golds.count('A')} of 4 golds (`solution`) of the dataset r.jsonl are bare, such as 'A': ms-swift's accuracy"
    )
    assert [line.startswith(f"{severity}{bare}") for line in found] == ([] if severity is None else [True]), found


def test_a_gold_in_answer_tags_is_read_without_them(said):
    assert said(lines({"messages": USER}, "<answer> 2 </answer>")) == []


def test_the_column_that_becomes_a_turn_is_lost_and_one_of_two_is_not(said):
    both = lines({"query": "Compute {} + 2.", "answer": "4"})
    assert said(both) == []
    (line,) = said('{"query": "A?", "answer": "4"}\n{"query": "B?", "answer": "4"}\n')
    assert "(`answer` becomes the assistant's turn)" in line


@pytest.mark.parametrize(
    ("system", "severity"),
    [(None, "warning"), ("", "error"), ("Think in <think></think>, answer in <answer></answer>.", "")],
)
def test_tags_that_nobody_asks_for(said, system, severity):
    flags = [] if system is None else ["--system", system]
    found = said(lines({"messages": USER}), "r.jsonl", *flags, reward="r1_format")
    assert len(found) == bool(severity)
    if severity:
        assert found[0].startswith("warning: " if severity == "warning" else "the reward r1_format")
        assert "--system prompts/r1.txt" in found[0]


def test_a_row_may_ask_for_the_tags(said):
    text = lines({"messages": [{"role": "user", "content": "Compute {}. Write <think></think><answer></answer>."}]})
    assert said(text, "r.jsonl", reward="r1_format") == []


def test_a_conversation_nested_beyond_reason_is_no_conversation():
    assert conversation_fault("[" * 100_000) == "messages is text, not a list of turns with role and content"


def test_tests_of_programs_are_read_and_a_column_of_another_name_is_mapped(said):
    rows = [{"messages": numbered(USER, n), "tests": ["assert f()"], "test_list": []} for n in range(4)]
    rows[2]["tests"] = '{"language": "cpp"}'
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (line,) = said(text, reward="code_tests")
    assert "1 of 4 values of `tests`" in line and "row 3 (its language is cpp; only Python is run)" in line
    (line,) = said(text.replace('"tests"', '"others"'), reward="code_tests")
    assert """--columns '{"test_list": "tests"}'""" in line
