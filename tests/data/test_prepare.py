"""Raw sets to rows: presets, orders, splits, what is dropped, and that a file is whole or not there."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from array import array

import pytest

from swift_grpo.data import golds, order, prepare, remote
from swift_grpo.data.presets import PRESETS
from swift_grpo.formats import manifest
from swift_grpo.formats.outputs import whole_files
from swift_grpo.shipped import PROMPTS
from tests.conftest import DATA, ROOT
from tests.data.conftest import read_jsonl, write_jsonl

QUESTIONS = [
    {"question": f"What is {i} plus {i}?", "answer": f"It is\n#### {2 * i}", "level": i % 5} for i in range(200)
]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("preset", "file", "rows"),
    [
        ("gsm8k", "gsm8k_train", 7473),
        ("gsm8k", "gsm8k_test", 1319),
        ("math500", "math500_test", 500),
        ("math", "math500_test", 500),
        ("aime24", "aime24_test", 30),
    ],
)
def test_every_gold_of_the_real_sets_is_found_and_read(data, preset, file, rows):
    said = json.loads(
        data(
            "prepare", preset, "--from", DATA / f"{file}.jsonl", "-o", "out.jsonl", "--drop", "unreadable", "--json"
        ).stdout
    )
    assert said["counts"]["output"] == rows
    assert said["dropped"] == {}


@pytest.mark.real_data
def test_the_box_of_a_worked_solution_is_the_answer_that_math500_gives():
    from grpo_rewards.grading import grade_batch

    rows = read_jsonl(DATA / "math500_test.jsonl")
    found = [golds.boxed(row["solution"]) for row in rows]
    verdicts = grade_batch([f"\\boxed{{{gold}}}" for gold in found], [row["answer"] for row in rows])
    assert verdicts.count(1.0) >= 0.99 * len(rows)


def test_rows_are_what_ms_swift_wants_and_other_columns_survive(data, tmp_path):
    write_jsonl(tmp_path / "raw.jsonl", QUESTIONS)
    data("prepare", "gsm8k", "--from", "raw.jsonl", "-o", "out.jsonl")
    row = read_jsonl(tmp_path / "out.jsonl")[7]
    assert list(row) == ["messages", "solution", "answer", "level"]
    assert row["messages"] == [{"role": "user", "content": "What is 7 plus 7?"}]
    assert (row["solution"], row["answer"], row["level"]) == ("14", "It is\n#### 14", 2)


def test_a_column_whose_name_is_needed_survives_under_another(data, tmp_path):
    write_jsonl(tmp_path / "raw.jsonl", [{"problem": "1+1?", "solution": "It is \\boxed{2}", "messages": "old"}])
    data("prepare", "math", "--from", "raw.jsonl", "-o", "out.jsonl")
    (row,) = read_jsonl(tmp_path / "out.jsonl")
    assert (row["solution"], row["source_solution"], row["source_messages"]) == ("2", "It is \\boxed{2}", "old")


def test_renaming_overwrites_nothing(data, tmp_path):
    write_jsonl(tmp_path / "raw.jsonl", [{"question": "1+1?", "answer": "2", "solution": "a long text"}])
    data("prepare", "raw.jsonl", "-o", "out.jsonl", "--columns", '{"answer": "solution"}')
    (row,) = read_jsonl(tmp_path / "out.jsonl")
    assert (row["solution"], row["source_solution"]) == ("2", "a long text")


def test_sft_rows_end_in_the_worked_solution(data, tmp_path):
    write_jsonl(tmp_path / "raw.jsonl", QUESTIONS[:3])
    data("prepare", "gsm8k", "--from", "raw.jsonl", "-o", "out.jsonl", "--sft", "--suffix", "Think.", "--system", "xml")
    row = read_jsonl(tmp_path / "out.jsonl")[1]
    assert [turn["role"] for turn in row["messages"]] == ["system", "user", "assistant"]
    assert row["messages"][1]["content"] == "What is 1 plus 1?\nThink."
    assert row["messages"][2]["content"] == "It is\n#### 2"


def test_columns_and_rule_of_an_own_file(data, tmp_path):
    (tmp_path / "mine.csv").write_text("q,a,extra\n1+1?,so \\boxed{2},x\n2+2?,four,y\n")
    columns = '{"q": "question", "a": "solution", "extra": "note"}'
    data("prepare", "mine.csv", "-o", "out.jsonl", "--columns", columns, "--gold", "boxed")
    assert [(row["solution"], row["note"]) for row in read_jsonl(tmp_path / "out.jsonl")] == [("2", "x")]
    assert read_jsonl(tmp_path / "out.dropped.jsonl")[0]["dropped"] == "no gold in `solution` by the rule boxed"


USER = [{"role": "user", "content": "2+2?"}]


@pytest.mark.parametrize(
    ("row", "flags", "becomes"),
    [
        (  # verl
            {"prompt": USER, "ability": "MATH", "reward_model": {"style": "rule", "ground_truth": "4"}},
            [],
            {
                "messages": USER,
                "solution": "4",
                "ability": "MATH",
                "reward_model": {"style": "rule", "ground_truth": "4"},
            },
        ),
        (
            {"prompt": json.dumps(USER), "extra_info": '{"answers": ["4", "four"]}'},
            ["--columns", '{"extra_info.answers.0": "solution"}'],
            {"messages": USER, "solution": "4", "extra_info": '{"answers": ["4", "four"]}'},
        ),
        (  # Alpaca
            {"instruction": "Add.", "input": "2 and 2", "output": "4"},
            ["--columns", '{"output": "solution"}'],
            {"messages": [{"role": "user", "content": "Add.\n2 and 2"}], "solution": "4"},
        ),
        ({"messages": json.dumps(USER), "solution": "4"}, [], {"messages": USER, "solution": "4"}),
        (
            {"conversation": [{"human": "2+2?", "assistant": "5"}], "solution": "4"},
            [],
            {"messages": USER, "solution": "4"},
        ),
        (
            {"history": [["1+1?", "2"]], "query": "2+2?", "solution": "4"},
            [],
            {
                "messages": [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}, *USER],
                "solution": "4",
            },
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image", "image": "a.png"}, {"type": "text", "text": "2+2?"}]}
                ],
                "solution": "4",
            },
            [],
            {"messages": [{"role": "user", "content": "<image>2+2?"}], "solution": "4", "images": ["a.png"]},
        ),
        (
            {
                "messages": [
                    *USER,
                    {"role": "assistant", "tool_calls": [{"function": {"name": "add", "arguments": "{}"}}]},
                    {"role": "observation", "content": "4"},
                ],
                "solution": "4",
            },
            [],
            {
                "messages": [
                    *USER,
                    {"role": "tool_call", "content": '{"name": "add", "arguments": "{}"}'},
                    {"role": "tool", "content": "4"},
                ],
                "solution": "4",
            },
        ),
    ],
)
def test_rows_of_other_trainers_lose_nothing(data, tmp_path, row, flags, becomes):
    write_jsonl(tmp_path / "raw.jsonl", [row])
    data("prepare", "raw.jsonl", "-o", "out.jsonl", *flags)
    assert read_jsonl(tmp_path / "out.jsonl") == [becomes]


def test_a_folder_is_named_with_a_file_in_it(data, tmp_path):
    (tmp_path / "set").mkdir()
    write_jsonl(tmp_path / "set" / "train.jsonl", QUESTIONS[:1])
    assert (
        "set is a folder; name a file in it, such as set/train.jsonl"
        in data("prepare", "set", "-o", "o", code=2).stderr
    )


@pytest.mark.parametrize(
    ("solution", "gold"),
    [
        (r"so \boxed{\frac{1}{2}} and \boxed{}", None),  # an expression is no integer
        (r"first \boxed{3}. Then \boxed{ }", "3"),
        (r"\boxed{\text{the number } 5}", None),
        (r"\boxed{999}", "999"),
        (r"\boxed{1000}", None),
        (r"\boxed{-1}", None),
        (r"\boxed{7", None),
        ("7", None),
    ],
)
def test_aimo_takes_the_last_box_that_holds_an_integer_of_0_to_999(solution, gold):
    assert golds.integer_to_999(solution) == gold


def test_aimo_writes_the_modulo_prompt_and_splits(data, tmp_path):
    rows = [{"problem": f"Find {i}.", "solution": f"It is \\boxed{{{i}}}"} for i in range(990, 1010)]
    write_jsonl(tmp_path / "raw.jsonl", rows)
    data("prepare", "aimo", "--from", "raw.jsonl", "-o", "out.jsonl")
    train, held_out, dropped = (
        read_jsonl(tmp_path / name) for name in ("out.jsonl", "out.held_out.jsonl", "out.dropped.jsonl")
    )
    assert (len(train), len(held_out), len(dropped)) == (9, 1, 10)
    assert train[0]["messages"][0]["content"] == (PROMPTS / "r1_boxed_modulo.txt").read_text().strip()


def test_the_same_inputs_give_the_same_bytes_and_another_seed_another_order(data, tmp_path):
    write_jsonl(tmp_path / "raw.jsonl", QUESTIONS)
    made = {}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        output = tmp_path / name / "out.jsonl"
        data("prepare", "gsm8k", "--from", "raw.jsonl", "-o", output, "--shuffle", "--seed", seed, "--split", 0.9)
        made[name] = {path.name: path.read_bytes() for path in sorted(output.parent.iterdir())}
    assert made["a"] == made["b"]
    assert made["a"]["out.jsonl"] != made["c"]["out.jsonl"]
    assert len(made["a"]) == 4  # two files with their manifests
    rows = [
        row for name in ("out.jsonl", "out.held_out.jsonl") for row in map(json.loads, made["a"][name].splitlines())
    ]
    assert sorted(int(row["solution"]) for row in rows) == [2 * i for i in range(200)]
    assert [len(made["a"][name].splitlines()) for name in ("out.jsonl", "out.held_out.jsonl")] == [180, 20]


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.9999])
def test_the_bound_of_a_share_is_exact(monkeypatch, share):
    monkeypatch.setattr(order, "_CHUNK", 1000)
    keys = array("Q", (int(order.key(3, str(i)), 16) for i in range(30_000)))
    bound = order.first_part(keys, share)
    assert sum(key < bound for key in keys) == round(share * len(keys))


def test_one_question_never_stands_on_both_sides(data, tmp_path):
    write_jsonl(tmp_path / "raw.jsonl", [QUESTIONS[i % 40] | {"copy": i} for i in range(400)])
    data("prepare", "gsm8k", "--from", "raw.jsonl", "-o", "out.jsonl", "--split", 0.7)
    sides = [
        {row["messages"][0]["content"] for row in read_jsonl(tmp_path / f"out{part}.jsonl")}
        for part in ("", ".held_out")
    ]
    assert len(sides[0]) == 28
    assert len(sides[1]) == 12
    assert not sides[0] & sides[1]


def test_a_shuffle_that_does_not_fit_memory_is_the_same(tmp_path, monkeypatch):
    lines = [b"%d\n" % i for i in range(3000)]
    whole = list(order.shuffled(lines, 5, tmp_path))
    monkeypatch.setattr(order, "_HELD", 16)
    assert list(order.shuffled(lines, 5, tmp_path)) == whole
    assert sorted(whole) == sorted(lines)
    assert whole != lines
    assert list(tmp_path.iterdir()) == []


def test_n_takes_the_first_after_the_shuffle(data, tmp_path):
    write_jsonl(tmp_path / "raw.jsonl", QUESTIONS)
    data("prepare", "gsm8k", "--from", "raw.jsonl", "-o", "all.jsonl", "--shuffle")
    data("prepare", "gsm8k", "--from", "raw.jsonl", "-o", "ten.jsonl", "--shuffle", "-n", 10)
    assert read_jsonl(tmp_path / "ten.jsonl") == read_jsonl(tmp_path / "all.jsonl")[:10]


def test_drops_are_counted_and_kept_with_their_reason(data, tmp_path):
    rows = [
        {"query": "What is one plus one, if you please?", "solution": "2"},
        {"query": "What is one plus one, if you please?", "solution": "2"},
        {"query": "What is the value of this?", "solution": "\\frac{1"},
        {"query": "The answer is 7. What is it?", "solution": "7"},
        {"query": "Prove that 2 is even.", "solution": "2"},
        {"query": "What is one plus one, if you please? Hm", "solution": "2"},
        {"query": "Nothing to see", "solution": ""},
    ]
    write_jsonl(tmp_path / "raw.jsonl", rows)
    drops = [word for name in ("unreadable", "told", "proofs", "duplicates") for word in ("--drop", name)]
    said = json.loads(data("prepare", "raw.jsonl", "-o", "out.jsonl", *drops, "--json").stdout)
    assert said["counts"] == {"read": 7, "unreadable": 0, "dropped": 5, "output": 2}
    assert len(said["dropped"]) == 5
    recorded = json.loads(manifest.path_of(tmp_path / "out.jsonl").read_text())
    assert recorded["counts"] == said["counts"]
    assert recorded["dropped"] == said["dropped"]
    assert recorded["sources"] == [manifest.describe(tmp_path / "raw.jsonl")]
    assert recorded["output"] == manifest.describe(tmp_path / "out.jsonl")
    data("prepare", "out.jsonl", "-o", "again.jsonl", *drops)
    assert not (tmp_path / "again.dropped.jsonl").exists()


def test_near_duplicates_can_be_dropped(data, tmp_path):
    text = "A farmer has {} sheep and sells half of them at the market in the old town on a sunny day in May. How many are left?"
    rows = [{"query": text.format(n), "solution": "1"} for n in (10, 10, 12)] + [{"query": "2+2?", "solution": "4"}]
    write_jsonl(tmp_path / "raw.jsonl", rows)
    data("prepare", "raw.jsonl", "-o", "out.jsonl", "--drop", "near")
    assert len(read_jsonl(tmp_path / "out.jsonl")) == 2


@pytest.mark.parametrize(
    ("content", "flags", "said"),
    [
        ("", [], "is empty"),
        ("{\n", [], "could not be read"),
        ('{"text": "a", "gold": "1"}\n', [], "--columns"),
        ('{"query": "a", "gold": "1"}\n', [], "no gold in `solution`"),
        ('{"query": "a", "solution": "no box"}\n', ["--gold", "boxed"], "by the rule boxed"),
        ('{"query": "a", "solution": "1"}\n', ["--gold", "best"], "--gold best"),
        ('{"query": "a", "solution": "1"}\n', ["--drop", "bad"], "--drop bad"),
        ('{"query": "a", "solution": "1"}\n', ["--split", "1.5"], "--split"),
        ('{"query": "a", "solution": "1"}\n', ["--columns", "{x"], "--columns"),
        ('{"query": "a", "solution": "1"}\n', ["--columns", '{"q": "query"}'], "the first row has query, solution"),
        ('{"a": "a", "b": "1"}\n', ["--columns", '{"a": "query", "b": "query"}'], "the same name"),
        ('{"text": "a", "gold": "1"}\n', [], "the columns are text, gold"),
    ],
)
def test_bad_input_is_one_clear_line_and_leaves_nothing(data, tmp_path, content, flags, said):
    (tmp_path / "raw.jsonl").write_text(content)
    result = data("prepare", "raw.jsonl", "-o", "new/out.jsonl", *flags, code=2)
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists() or list((tmp_path / "new").iterdir()) == []


def test_what_is_no_source_names_the_presets(data):
    assert "gsm8k" in data("prepare", "gsm9k", "-o", "out.jsonl", code=2).stderr


def test_an_error_keeps_the_old_file_and_leaves_no_part(tmp_path):
    target = tmp_path / "out.jsonl"
    target.write_text("old")
    with pytest.raises(OSError, match="disk"), whole_files([target]) as (file,):
        file.write(b"new")
        raise OSError("disk full")
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert target.read_text() == "old"


def test_a_full_disk_is_one_line(tmp_path):
    """The kernel's limit on a file's size stands in for a disk's: the same write fails, with another number."""
    write_jsonl(tmp_path / "raw.jsonl", QUESTIONS)
    done = command_line(tmp_path, limit=4096)
    assert done.wait() == 2
    said = done.stderr.read()
    assert said.count("\n") == 1
    assert "File too large" in said
    assert [path.name for path in tmp_path.iterdir()] == ["raw.jsonl"]


def command_line(folder, limit=resource.RLIM_INFINITY) -> subprocess.Popen:
    """`swift-grpo data prepare` in a process of its own, whose files may hold `limit` bytes."""
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, -1));"
    code += "from swift_grpo.commands.main import main; main()"
    arguments = ["data", "prepare", "gsm8k", "--from", folder / "raw.jsonl", "-o", folder / "out.jsonl"]
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'plugin'}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_kill_leaves_no_half_file_and_the_next_run_cleans_up(tmp_path):
    (tmp_path / "raw.jsonl").write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS * 1000))
    process = command_line(tmp_path)
    deadline = time.monotonic() + 60
    while not any(part.stat().st_size for part in tmp_path.glob(".out.jsonl.*.part")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out.jsonl").exists()
    assert list(tmp_path.glob(".out.jsonl.*.part"))
    with whole_files([tmp_path / "out.jsonl"]) as (file,):
        file.write(b"{}\n")
    assert sorted(path.name for path in tmp_path.glob(".out.jsonl.*.part")) == []


def test_a_hub_is_asked_as_ms_swift_asks_but_no_code_is_run(data, tmp_path, monkeypatch):
    """A stub: no hub can be reached here. It stands where the hubs' libraries are called, with their signatures."""
    import datasets
    import modelscope

    asked = []

    def load_hf(identifier, **options):
        asked.append((identifier, options))
        return iter(QUESTIONS[:3])

    class Set:
        @staticmethod
        def load(identifier, **options):
            asked.append((identifier, options))
            return iter(QUESTIONS[:3])

    monkeypatch.setattr(datasets, "load_dataset", load_hf)
    monkeypatch.setattr(modelscope, "MsDataset", Set)
    monkeypatch.delenv("USE_HF", raising=False)
    data("prepare", "gsm8k", "-o", "a.jsonl")
    monkeypatch.setenv("USE_HF", "1")
    data("prepare", "gsm8k", "-o", "b.jsonl")
    options = {"split": "train"}
    assert asked == [
        ("modelscope/gsm8k", options | {"subset_name": "main", "use_streaming": True, "trust_remote_code": False}),
        ("openai/gsm8k", options | {"name": "main", "streaming": True}),
    ]
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    source = json.loads(manifest.path_of(tmp_path / "b.jsonl").read_text())["sources"][0]
    assert (source["hub"], source["id"], len(source["rows_sha256"])) == ("huggingface", "openai/gsm8k", 64)


def test_a_hub_that_cannot_be_reached_is_one_line(data, monkeypatch):
    def fail(*_):
        raise RuntimeError("no route to host\nand a long story")

    monkeypatch.setattr(remote, "_from_modelscope", fail)
    monkeypatch.setenv("USE_HF", "0")
    said = data("prepare", "owner/name", "-o", "out.jsonl", code=2).stderr
    assert "no route to host" in said
    assert "--from FILE" in said


def test_every_preset_is_complete_and_told_of():
    page = (ROOT / "docs/data.md").read_text()
    for name, preset in PRESETS.items():
        plan = prepare.plan_for(name)
        assert plan.gold in golds.RULES, name
        assert re.search(rf"[| ,]{re.escape(name)}[ ,]", page), name
        assert preset.ms.count("/") == preset.hf.count("/") == 1, name
        assert not preset.prompt or (PROMPTS / f"{preset.prompt}.txt").is_file(), name
