"""Pass rates: by samples from a stub of a hosted API, and from a run's log."""

import json

import pytest
from typer.testing import CliRunner

from swift_grpo.commands.main import app
from swift_grpo.data.difficulty import PassRate, choose, from_samples, keep_of
from swift_grpo.data.from_run import match, rates_of, savings
from swift_grpo.formats.rows import prompt_hash, prompt_of, read_rows
from swift_grpo.formats.samples import Sample
from swift_grpo.rollouts.index import open_index
from tests.sampling.conftest import hosted  # noqa: F401

ROWS = [{"messages": [{"role": "user", "content": f"What is {i} + 1?"}], "solution": str(i + 1)} for i in range(9)]
NAMES = [prompt_hash(prompt_of(row)) for row in ROWS]


def drawn(name, index, text, finish="stop"):
    return Sample(name, index, index, text, finish, 10, 5, 0.1)


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def invoke(*words):
    return CliRunner().invoke(app, ["data", "difficulty", *map(str, words)])


def test_pass_rates_of_samples_are_those_of_the_grader():
    rows = [*ROWS[:2], {"query": "Unreadable?", "solution": None}]
    unreadable = prompt_hash(prompt_of(rows[2]))
    samples = [drawn(NAMES[0], i, "\\boxed{1}" if i < 3 else "\\boxed{7}") for i in range(4)]
    samples += [drawn(NAMES[0], 4, "\\boxed{1}")]  # beyond n
    samples += [drawn(unreadable, 0, "\\boxed{1}"), drawn("of another file", 0, "1")]
    rates = from_samples(rows, samples, n=4)
    assert rates == {NAMES[0]: PassRate(3, 4), unreadable: None}


def test_what_stays_and_why_the_others_go():
    rates = {NAMES[i]: PassRate(i, 8) for i in range(8)} | {NAMES[8]: None}
    chosen = choose([*ROWS, {"query": "never asked"}, {"solution": "1"}], rates, keep_of("0.2:0.8"))
    assert [row["pass_rate"] for row in chosen.strata[0]] == [0.25, 0.375, 0.5, 0.625, 0.75]
    assert chosen.reasons == {"too hard": 2, "too easy": 1, "gold unreadable": 1, "not measured": 1, "no question": 1}


def test_order_and_strata():
    rates = {NAMES[i]: PassRate(i, 8) for i in range(9)}
    chosen = choose(ROWS, rates, keep_of("0:1", "easy-to-hard", "0.25,0.75"))
    assert [[row["pass_rate"] for row in stratum] for stratum in chosen.strata] == [
        [1.0, 0.875, 0.75],
        [0.625, 0.5, 0.375, 0.25],
        [0.125, 0.0],
    ]


@pytest.mark.parametrize("words", [("1",), ("0.9:0.1",), ("0:1", "sideways"), ("0:1", "", "0.7,0.2"), ("a:b",)])
def test_a_keep_that_cannot_be_read(words):
    with pytest.raises(ValueError, match=r"--keep|--order|--strata"):
        keep_of(*words)


def test_the_command_measures_filters_and_goes_on(hosted, tmp_path):  # noqa: F811
    def half_right(prompt, seed):  # the first three never, the next three always, the others by chance of the seed
        number = int(prompt.split()[2])
        right = number >= 3 if number < 6 else seed % 2 == 0
        return f"<answer>{number + 1 if right else -1}</answer>"

    hosted.stub.text = half_right
    file, out = write(tmp_path / "rows.jsonl", ROWS), tmp_path / "teaching.jsonl"
    words = [file, "--model", "stub", "--url", hosted.url, "-n", "8", "--keep", "0.1:0.9", "-o", out]
    words += ["--samples", tmp_path / "samples", "--json"]
    done = invoke(*words)
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert (facts["rows"], facts["kept"], facts["dropped"]) == (9, 3, {"too hard": 3, "too easy": 3})
    assert facts["histogram"]["0"] == facts["histogram"]["1"] == 3
    kept = list(read_rows(out))
    assert [row["solution"] for row in kept] == ["7", "8", "9"]
    assert all(row["pass_n"] == 8 and 0 < row["pass_low"] < row["pass_rate"] < row["pass_high"] < 1 for row in kept)
    assert [row["dropped"] for row in read_rows(tmp_path / "teaching.dropped.jsonl")] == ["too hard"] * 3 + [
        "too easy"
    ] * 3
    asked, content = hosted.stub.requests, out.read_bytes()
    again = invoke(*words[:-1])
    assert (hosted.stub.requests, out.read_bytes()) == (asked, content)
    assert "3 of 9 rows kept, 3 too hard, 3 too easy" in again.output


@pytest.fixture
def run(tmp_path):
    """A run of three steps with G = 4 over six of the rows; the first step is written twice."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "args.json").write_text(json.dumps({"num_generations": 4}))
    lines = []
    for step in range(3):
        pair = [2 * step, 2 * step + 1]
        prompts = [
            f"<|im_start|>user\nWhat is {i} + 1?<|im_end|>\n<|im_start|>assistant\n" for i in pair for _ in range(4)
        ]
        # the first prompt of a step is always answered rightly, the second step + 1 times of four
        paid = [1.0] * 4 + [float(i <= step) for i in range(4)]
        texts = [f"{step} {i} " + "x" * 8 for i in range(8)]
        lines.append({"step": [step + 1] * 8, "prompt": prompts, "completion": texts, "AnswerAccuracy": paid})
        lines[-1] |= {"advantages": [0.0] * 8, "solution": ["1"] * 8}
    (folder / "completions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in [lines[0], *lines]))
    return folder


def test_pass_rates_from_a_run_leave_duplicates_out(run, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with open_index(run) as index:
        rates, unknown = rates_of(index, ROWS[:5])
        saved = savings(index, keep_of("0.1:0.9"))
    assert unknown == 1  # the sixth prompt is no row's
    assert rates == {name: PassRate(right, 4) for name, right in zip(NAMES, (4, 1, 4, 2, 4), strict=False)}
    assert (saved.groups, saved.all_right, saved.all_wrong) == (6, 3, 0)
    assert (saved.completions, saved.filtered) == (24, 12)
    assert saved.filtered_chars * 2 == saved.chars


def test_the_command_on_a_run_needs_no_model(run, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = write(tmp_path / "rows.jsonl", ROWS)
    done = invoke(file, "--from-run", run, "--keep", "0.1:0.9", "-o", tmp_path / "teaching.jsonl")
    assert done.exit_code == 0, done.output
    assert "3 of 6 groups are all right (50%) or all wrong (0%)" in done.output
    assert "12 fewer completions (50%" in done.output
    assert "3 of 9 rows kept, 3 too easy, 3 not measured" in done.output


def test_a_question_that_is_a_part_of_another_is_told_apart():
    rows = [{"query": text} for text in ("2 + 2?", "12 + 2?", "112 + 2?")]
    prompts = [f"system: be brief\nuser: {row['query']}\nassistant: " for row in rows]
    assert match(prompts, rows) == [prompt_hash(prompt_of(row)) for row in rows]
    assert match(["user: 2 + 2?", "nothing of the kind"], []) == [None, None]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name the model: --model"),
        (["--from-run", "nowhere"], "no completions.jsonl there or below"),
        (["--model", "stub", "--url", "nonsense"], "--url nonsense is not an address"),
        (["--model", "stub", "--url", "http://127.0.0.1:9/v1", "--keep", "2:3"], "--keep 2:3"),
        (["--model", "stub", "--url", "http://127.0.0.1:9/v1", "--system", "none.txt"], "there is no such file"),
        (["--model", "./nowhere", "--device", "cpu"], "./nowhere is not there"),
        (["--model", "stub", "--device", "tpu"], "--device tpu: gpu or cpu"),
    ],
)
def test_bad_input_is_one_line_and_code_2(tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    done = invoke(write(tmp_path / "rows.jsonl", ROWS), *words)
    assert done.exit_code == 2
    lines = [line for line in done.stderr.splitlines() if not line.startswith("swift-grpo: reading ms-swift's flags")]
    assert len(lines) == 1, done.output
    assert said in lines[0]


def test_golds_that_cannot_be_read_are_counted_and_not_sampled(hosted, tmp_path):  # noqa: F811
    rows = [*ROWS[:3], {"query": "Why?", "solution": None}, {"query": "How?", "solution": {"nested": 1}}]
    file, out = write(tmp_path / "rows.jsonl", rows), tmp_path / "out.jsonl"
    words = [file, "--model", "stub", "--url", hosted.url, "-n", "2", "--samples", tmp_path / "samples", "-o", out]
    done = invoke(*words)
    assert (done.exit_code, hosted.stub.requests) == (0, 6)
    assert "2 of 5 golds cannot be read" in done.stderr
    assert [row["dropped"] for row in read_rows(tmp_path / "out.dropped.jsonl")] == ["gold unreadable"] * 2
    none = invoke(write(tmp_path / "none.jsonl", rows[3:]), *words[1:])
    assert (none.exit_code, hosted.stub.requests) == (2, 6)


def test_an_empty_file(tmp_path):
    done = invoke(write(tmp_path / "rows.jsonl", []), "--model", "stub", "--url", "http://127.0.0.1:9/v1")
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
