"""`swift-grpo inspect …` on a small run: what it prints, its exit codes, and that a log cannot drive the terminal."""

import json
import os
import re
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from benchmarks.diagnosis.own.field_illnesses import GradedFlat
from benchmarks.diagnosis.own.illnesses import NotANumber
from benchmarks.diagnosis.own.synthetic import STEPS, Run, line_and_metrics
from swift_grpo.commands.inspect import app

pytestmark = pytest.mark.slow

RIGHT = re.compile(r"\d+:\d+:\d+")


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("COLUMNS", "140")
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return Run().write(tmp_path_factory.mktemp("out") / "v0-1")


def inspect(*arguments, code=0):
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == code, result.output + str(result.exception)
    return result.stdout if code == 0 else result.output


def test_summary(run):
    text = inspect("summary", run)
    assert f"{STEPS} of {STEPS} steps reconcile" in text
    assert "MathAccuracy" in text and "▁" in text
    data = json.loads(inspect("summary", run, "--json"))
    assert len(data["steps"]) == STEPS and data["trust"]["reconciled"] == STEPS


def test_the_newest_run_below_output_is_taken(run, tmp_path, monkeypatch):
    (tmp_path / "output").symlink_to(run.parent)
    monkeypatch.chdir(tmp_path)
    assert str(run) in inspect("summary").replace("\n", "")


def test_diagnose_exit_codes(run, tmp_path):
    ill = NotANumber().write(tmp_path / "ill")
    assert inspect("diagnose", run, "--fail-on", "critical").rstrip().endswith("found nothing")
    assert "nan" in inspect("diagnose", ill, "--fail-on", "critical", code=1)
    assert "nan" in inspect("diagnose", ill)
    assert json.loads(inspect("diagnose", ill, "--format", "json"))["findings"][0]["check"] == "nan"
    assert inspect("diagnose", ill, "--format", "md").count("- **critical** `nan`") == 1
    assert "critical" in inspect("diagnose", ill, "--fail-on", "maybe", code=2)


def test_show(run):
    assert len(re.findall(r"^ +3:\d+ ", inspect("show", "3", run), re.MULTILINE)) == 8
    group = inspect("show", "3:2", run)
    assert group.count("advantage") == 8 and "gold" in group and "[thought, " in group
    one = inspect("show", "3:2:1", run)
    assert one.count("<answer>") == 1 and "<think>" not in one
    assert "<think>" in inspect("show", "3:2:1", run, "--thought") or "no final answer" in one
    [data] = json.loads(inspect("show", "3:2:1", run, "--json"))
    lines = (run / "completions.jsonl").read_text().split("\n")
    assert data["completion"] == json.loads(lines[2])["completion"][2 * 8 + 1]
    assert "steps 1 to 36" in inspect("show", "99", run, code=2)
    assert "STEP:GROUP" in inspect("show", "first", run, code=2)


def test_grep_finds_what_a_plain_scan_finds(run):
    lines = (run / "completions.jsonl").read_text().split("\n")[:STEPS]
    texts = [json.loads(line)["completion"] for line in lines]
    for pattern in (r"ratio of 7\b", r"<answer>\d\d</answer>", "half|piece", "(?i)THE SUM", "no such thing"):
        expected = [
            f"{s + 1}:{i // 8}:{i % 8}" for s, t in enumerate(texts) for i, x in enumerate(t) if re.search(pattern, x)
        ]
        assert int(inspect("grep", "-c", pattern, run)) == len(expected)
        found = [row["where"] for row in json.loads(inspect("grep", pattern, run, "--json", "-m", 99999))]
        assert found == expected
    assert RIGHT.search(inspect("grep", "ratio", run, "-m", "2"))
    assert "position" in inspect("grep", "(", run, code=2)


def test_filter(run):
    rows = json.loads(inspect("filter", "MathAccuracy = 0 and Format = 1 and length > 100 and step = 4", run, "--json"))
    line = json.loads((run / "completions.jsonl").read_text().split("\n")[3])
    expected = [
        i for i in range(64) if (line["MathAccuracy"][i], line["Format"][i]) == (0, 1) and len(line["completion"][i]) > 100
    ]  # fmt: skip
    assert [row["where"] for row in rows] == [f"4:{i // 8}:{i % 8}" for i in expected][:30]
    assert f"of {len(expected)} that satisfy it" in inspect(
        "filter", "reward = 1 and MathAccuracy = 0 and length > 100 and step = 4", run
    )
    for bad in (
        "nothing = 1",
        "1=1); COPY rollouts TO ('x'",
        "true) UNION SELECT 1 FROM read_text('/etc/passwd') WHERE (true",
    ):
        assert inspect("filter", bad, run, code=2).count("swift-grpo:") == 1


def test_sql_reads_the_index_alone(run, tmp_path):
    assert json.loads(inspect("sql", "SELECT count(*) AS n FROM groups", run, "--json")) == [{"n": STEPS * 8}]
    assert inspect("sql", "SELECT step FROM steps ORDER BY step", run, "-m", "3").split() == ["step", "1", "2", "3"]
    for bad in (f"COPY groups TO '{tmp_path}/x.csv'", "SELECT 1; SELECT 2", "SELECT * FROM read_text('/etc/hostname')",
                "SELECT * FROM nothing", "CREATE TABLE x AS SELECT 1", "SET threads = 1", "ATTACH 'x.db'"):  # fmt: skip
        inspect("sql", bad, run, code=2)
    assert not list(tmp_path.iterdir())


def test_prompts_and_diff(run, tmp_path):
    rows = json.loads(inspect("prompts", run, "--json", "-n", "5"))
    assert len(rows) == 5 and len(rows[0]["solved"]) == 6
    assert sum(rows[0]["solved"]) <= sum(rows[4]["solved"])
    assert "plus" in inspect("prompts", run)

    class Better(Run):
        def solve(self, t, question):
            return min(1, super().solve(t, question) + 0.2)

    found = json.loads(inspect("diff", run, Better().write(tmp_path / "better"), "--json"))
    assert found["prompts"] == 48
    assert 0.1 < found["low"] < found["difference"] < found["high"] < 0.3
    assert "48 prompts in common" in inspect("diff", run, run)
    other = Run(seed=5).write(tmp_path / "other")
    assert "no prompt in common" in inspect("diff", run, other, code=2)


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_export(run, tmp_path, kind):
    import pyarrow.csv
    import pyarrow.json
    import pyarrow.parquet

    target = tmp_path / f"x.{kind}"
    inspect("export", kind, run, "-o", target, "--text")
    if kind == "csv":
        table = pyarrow.csv.read_csv(target, parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True))
    else:
        table = {"parquet": pyarrow.parquet.read_table, "jsonl": pyarrow.json.read_json}[kind](target)
    assert table.num_rows == STEPS * 64  # the repeated last batch is left out
    line = json.loads((run / "completions.jsonl").read_text().split("\n")[1])
    assert table.column("completion")[64:128].to_pylist() == line["completion"]
    assert table.column("reward_Format")[64:128].to_pylist() == line["Format"]
    inspect("export", "xml", run, code=2)


def test_export_holds_few_texts_at_once(run, tmp_path, monkeypatch):
    from swift_grpo.rollouts.index import Index
    from swift_grpo.rollouts.terminal import export

    asked, texts = [], Index.texts
    monkeypatch.setattr(Index, "texts", lambda self, ids: asked.append(len(list(ids))) or texts(self, ids))
    monkeypatch.setattr(export, "_BATCH", 3 * (run / "completions.jsonl").stat().st_size // (STEPS + 1) + 5000)
    inspect("export", "jsonl", run, "-o", tmp_path / "x.jsonl", "--text")
    assert sum(asked) == STEPS * 64 and 64 <= max(asked) <= 4 * 64


def test_hostile_text_does_not_reach_the_terminal(tmp_path):
    evil = "\x1b]0;title\x07\x1b[31m[bold]x[/bold] \u202eevil \u200b\x9b2J [link=http://x]y[/link] \ud800"
    row = {"prompt": evil, "completion": f"<think>{evil}</think><answer>{evil}</answer>", "solution": evil}
    name = "Ac\x1b[2Jcuracy[red]"
    line, _ = line_and_metrics(1, [row | {name: 1.0}] * 8, [name], None)
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "completions.jsonl").write_text(json.dumps(line) + "\n")
    for command in (["summary"], ["show", "1"], ["show", "1:0", "--thought"], ["grep", "evil"], ["filter", "true"],
                    ["prompts"], ["tail", "--sample"], ["diagnose"], ["diagnose", "--format", "md"],
                    ["sql", "SELECT * FROM rollouts"]):  # fmt: skip
        text = inspect(*command, folder)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\ud800]", text), command
    assert "[bold]x[/bold]" in inspect("show", "1:0", "--thought", folder)


def test_tail_follows(tmp_path):
    run = Run()
    run.steps = 3
    folder = run.write(tmp_path / "run")
    code = "from swift_grpo.commands.main import main; main()"
    command = [sys.executable, "-c", code, "inspect", "tail", "-f", "-n", "1", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"NO_COLOR": "1"}) as process:
        try:
            assert next(line for line in process.stdout if line.startswith("step")).startswith("step     3 ")
            line, _ = line_and_metrics(4, run.step_rows(2), run.reward_names, None)
            text = json.dumps(line) + "\n"
            with (folder / "completions.jsonl").open("a") as file:
                file.write(text[:5000])
                file.flush()
                time.sleep(0.4)  # a torn line must not be shown, nor lost
                file.write(text[5000:])
            assert process.stdout.readline().startswith("step     4 ")
        finally:
            process.terminate()


@pytest.mark.parametrize("content", [b"", b"\n\n", b'{"step": ["1"]'])
def test_nothing_to_see(tmp_path, content):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "completions.jsonl").write_bytes(content)
    for command in (["summary"], ["tail"], ["diagnose"], ["prompts"], ["grep", "x"], ["filter", "true"]):
        inspect(*command, folder)
    inspect("show", "1", folder, code=2)
    inspect("export", "jsonl", folder, "-o", tmp_path / "x.jsonl")


@pytest.mark.parametrize("content", [b"garbage\n", '{"a": 1}\n'.encode("utf-16"), b"\x1f\x8b\x08\n\n\xff\n"])
def test_a_file_that_is_no_log_is_refused(tmp_path, content):
    (tmp_path / "completions.jsonl").write_bytes(content)
    for command in (["summary"], ["tail"], ["diagnose"], ["report", "-o", tmp_path / "x.html"]):
        said = inspect(*command, tmp_path, code=2)
        assert "can be read as completions" in said and "yet" not in said


def test_an_infinite_reward(tmp_path):
    rows = [{"prompt": f"p{k // 4}", "completion": "a", "A": value} for k, value in enumerate([0.0, 1.0, 0.5, 1.0] * 2)]
    folder = tmp_path / "run"
    folder.mkdir()
    lines = [line_and_metrics(step, rows, ["A"], None, 4) for step in (1, 2, 3)]
    lines[1][0]["A"][2] = float("inf")
    (folder / "completions.jsonl").write_text("".join(json.dumps(line) + "\n" for line, _ in lines))
    for command in (["summary"], ["tail"], ["diagnose"], ["prompts"], ["show", "2"], ["show", "2:0"]):
        inspect(*command, folder)
    text = inspect("summary", folder)
    assert re.search(r"^ *reward .* inf .*\S!\S", text, re.MULTILINE)
    assert json.loads(inspect("summary", folder, "--json"))["steps"][1]["reward"] is None


def test_sql_of_a_wide_table_keeps_its_columns_names(run):
    text = inspect("sql", "SELECT * FROM steps", run, "-m", "2")
    assert "completions_mean_length" in text and "clip_ratio_region_mean" in text and "row 2" in text
    assert "row 1" not in inspect("sql", "SELECT step, reward FROM steps", run)


def test_diff_says_what_its_interval_is_of(run):
    assert "not of two configurations" in inspect("diff", run, run)
    assert "not of two configurations" in json.loads(inspect("diff", run, run, "--json"))["holds_for"]


def test_run_and_place_may_be_given_in_either_order(run, tmp_path, monkeypatch):
    assert inspect("show", run, "1:0") == inspect("show", "1:0", run)
    monkeypatch.chdir(tmp_path)
    assert "rollouts.csv" in inspect("export", run, "csv")
    assert "an argument must come before it" in " ".join(inspect("export", run, code=2).split())


@pytest.mark.parametrize(
    ("where", "there"),
    [("1:99", "step 1 has groups 0 to 7"), ("1:0:99", "group 1:0 has completions 0 to 7"), ("99", "steps 1 to 36")],
)
def test_what_is_not_there_says_what_is(run, where, there):
    assert there in " ".join(inspect("show", where, run, code=2).split())


def test_a_run_of_scalars_alone(tmp_path):
    folder = Run().write(tmp_path / "v0-1")
    (folder / "completions.jsonl").unlink()
    assert "36 with scalars; no completions" in inspect("summary", folder)
    assert "the log has no completions" in " ".join(inspect("show", "1", folder, code=2).split())
    assert json.loads(inspect("summary", folder, "--json"))["steps"][0]["rewards"].keys() == {"MathAccuracy", "Format"}


def test_summary_shows_groups_without_variance_where_nothing_tells_right_from_wrong(tmp_path):
    text = inspect("summary", GradedFlat().write(tmp_path / "v0-1"))
    assert "groups without variance" in text and "groups all right" not in text
