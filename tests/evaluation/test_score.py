"""`swift-grpo score`: rewards over completions that are there already."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from swift_grpo.evaluation import completions, score
from tests.conftest import clean_environ

pytestmark = pytest.mark.slow


def run(*arguments: object) -> subprocess.CompletedProcess:
    command = [Path(sys.executable).with_name("swift-grpo"), "score", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=clean_environ() | {"COLUMNS": "120"})


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "completions.jsonl"
    line = {
        "step": ["1", "1"],
        "prompt": ["1+1?", "1+1?"],
        "completion": ["<think>a</think><answer>2</answer>", "<answer>3</answer>\x1b[31m"],
        "solution": ["2", "2"],
        "AnswerAccuracy": [1.0, float("nan")],
    }
    path.write_text(json.dumps(line) + "\n" + "{torn\n" + '{"completion": ["a"')
    return path


def test_a_log_in_columns_with_nan_and_torn_lines(log):
    done = run("--json", "--rewards", "math_accuracy,r1_format,math_cosine", log)
    assert done.returncode == 0, done.stderr
    accuracy, form, cosine = json.loads(done.stdout)["rewards"]
    assert (accuracy["n"], accuracy["mean"], accuracy["none"]) == (2, 0.5, 0)
    assert form["mean"] == 0.5
    assert cosine["skipped"] == "no row has `response_token_ids`; give the model by --tokenizer"
    assert "2 lines" in done.stderr
    assert json.loads(done.stdout)["rows"] == [
        {"row": 1, "verdict": "right", "values": {"math_accuracy": 1.0, "r1_format": 1.0}, "reasons": {}},
        {"row": 2, "verdict": "wrong", "values": {"math_accuracy": 0.0, "r1_format": 0.0}, "reasons": {}},
    ]


def test_why(log):
    done = run("--json", "--why", log)
    assert json.loads(done.stdout)["why"] == {"right": 1, "wrong": 1}
    shown = run("--why", log).stdout
    assert "verdict" in shown and "wrong" in shown and "\x1b[31m" not in shown


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"completion": "2"}, "math_accuracy: no row has `solution`"),
        ({"completion": "2", "solution": None}, "math_accuracy: no row has `solution`"),
        ({"completion": "2", "solution": "{"}, "math_accuracy: None for each row"),
    ],
)
def test_a_file_of_which_no_row_can_be_scored(tmp_path, row, said):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    for flags in ((), ("--json",)):
        done = run(*flags, path)
        assert (done.returncode, said in done.stderr) == (2, True)
    assert json.loads(done.stdout)["rows"][0]["row"] == 1
    done = run("--rewards", "math_accuracy,r1_format", path)
    assert done.returncode == 0 and "r1_format" in done.stdout  # one of them can


def test_the_table_shows_the_oddest_without_control_characters(log):
    done = run("--rewards", "math_accuracy", log)
    assert "math_accuracy" in done.stdout
    assert "gold 2" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "row",
    [
        {"completion": "2", "solution": "2"},
        {"response": "2", "solution": "2"},
        {"messages": [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}], "solution": "2"},
    ],
)
def test_rows_of_a_data_set(tmp_path, row):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    rows, unreadable = completions.read(path)
    assert (rows[0]["completion"], unreadable) == ("2", 0)
    assert score.score(rows, ["math_accuracy"], {})[0].values == [1.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rewards", "nothing", "LOG"], "there is no reward nothing"),
        (["none.jsonl"], "none.jsonl"),
        (["--plugin", "none.py", "LOG"], "none.py is not a Python file"),
        (["--rewards", "math_cosine", "--flag", "cosine_max_len=0", "LOG"], "max_len is 0"),
        (["--flag", "cosine_max_length=9", "LOG"], "is not NAME=VALUE with a name of cosine_max_len, "),
        (["--flag", "[", "LOG"], "is not NAME=VALUE"),
        (["--tokenizer", "DIR", "LOG"], "cannot be read"),
        (["--config", "none.yaml", "LOG"], "none.yaml cannot be read"),
    ],
)
def test_mistakes_end_with_one_line_and_code_2(log, arguments, message):
    done = run(*({"LOG": log, "DIR": log.parent}.get(a, a) for a in arguments))
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) <= 2  # the torn lines, and this


def test_a_file_without_completions(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"solution": "2"}\n')
    done = run(path)
    assert (done.returncode, "has no completions" in done.stderr) == (2, True)


def test_a_broken_plugin_is_named_with_its_line(log, tmp_path):
    plugin = tmp_path / "mine.py"
    plugin.write_text("import math\n1 / 0\n")
    done = run("--plugin", plugin, log)
    assert (done.returncode, f"{plugin}, line 2: ZeroDivisionError" in done.stderr) == (2, True)


def test_hostile_lines_are_counted(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [
        "[" * 100_000,
        "3",
        '{"completion": 3}',
        '{"completion": ["a", null]}',
        '{"completion": "\\ud800", "messages": [3]}',
    ]
    path.write_text("\n".join(rows))
    read, unreadable = completions.read(path)
    assert ([row["completion"] for row in read], unreadable) == (["\ud800"], 4)
    for one in score.score(read, score.names_of("all"), {}):
        assert one.skipped or len(one.values) == 1


@pytest.fixture
def tokenizer(tmp_path):
    """A model's folder whose tokenizer makes a token of each word."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    (tmp_path / "model").mkdir()
    words.save(str(tmp_path / "model" / "tokenizer.json"))
    return tmp_path / "model"


def test_tokens_are_counted_by_the_models_tokenizer(log, tokenizer):
    rows, _ = completions.read(log)
    rows[0]["completion"] = "one two three \ud800"
    completions.count_tokens(rows, str(tokenizer))
    assert score.score(rows, ["target_length"], {})[0].values == [-16.0, -19.0]


def test_a_run_is_scored_with_its_own_parameters(log, tokenizer):
    (log.parent / "args.json").write_text('{"cosine_max_len": 1, "soft_max_length": null, "max_completion_length": 7}')
    assert score.read_flags(log)["cosine_max_len"] == 1
    done = run("--json", "--rewards", "math_cosine", "--tokenizer", tokenizer, log)
    assert json.loads(done.stdout)["rewards"][0]["mean"] == pytest.approx(0.25)  # each at its longest: 0.5 and 0
    done = run("--json", "--rewards", "math_cosine", "--tokenizer", tokenizer, "--flag", "cosine_max_len=2", log)
    assert json.loads(done.stdout)["rewards"][0]["mean"] == pytest.approx((0.75 - 0.25) / 2)
    (done,) = score.score(completions.read(log)[0], ["dapo_overlong"], {})
    assert "response_token_ids" in done.skipped


def test_a_parameter_that_nobody_gave_is_a_reason_to_skip():
    rows = [{"completion": "a", "response_token_ids": [1]}]
    (one,) = score.score(rows, ["dapo_overlong"], {})
    assert "needs the parameter `max_length`, the flag --soft_max_length" in one.skipped


def test_groups_are_whole_and_end_with_their_line(tmp_path):
    """Two lines with one prompt are two groups; a group of a data set may lie anywhere in it."""
    path = tmp_path / "completions.jsonl"
    lengths = [[10, 20], [1000, 2000]]
    lines = [
        {
            "prompt": ["?", "?"],
            "completion": [r"\boxed{1}"] * 2,
            "solution": ["1"] * 2,
            "response_token_ids": [[0] * n for n in two],
        }
        for two in lengths
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    assert score.score(completions.read(path)[0], ["kimi_length"], {})[0].values == [0.5, -0.5, 0.5, -0.5]

    def row(tokens: int) -> dict:
        return {
            "completion": r"\boxed{1}",
            "solution": "1",
            "messages": [{"role": "user", "content": "?"}],
            "response_token_ids": [0] * tokens,
        }

    rows = [row(10), *[row(20)] * score.BATCH, row(30)]
    values = score.score(rows, ["kimi_length"], {})[0].values
    assert (values[0], set(values[1:-1]), values[-1]) == (0.5, {0.0}, -0.5)


ORM = """
from swift.rewards import ORM, AsyncORM, orms
from swift.utils import get_logger

logger = get_logger()


class Acc(ORM):
    def __call__(self, completions, solution, **kwargs):
        logger.info(self.args.cosine_max_len)
        return [float(gold in text) for text, gold in zip(completions, solution)]


class Later(AsyncORM):
    async def __call__(self, completions, **kwargs):
        return [None for _ in completions]


class Broken(ORM):
    def __call__(self, completions, **kwargs):
        return [text["content"] for text in completions]


orms["acc"], orms["later"], orms["broken"] = Acc, Later, Broken
"""


def test_classes_of_ms_swift_are_scored(log, tmp_path):
    """What a plugin puts into `orms`, without the half minute that ms-swift takes to import."""
    plugin = tmp_path / "mine.py"
    plugin.write_text(ORM)
    done = run("--json", "--plugin", plugin, "--rewards", "acc,later,r1_format", log)
    assert done.returncode == 0, done.stderr
    acc, later, form = json.loads(done.stdout)["rewards"]
    assert ((acc["mean"], acc["n"]), later["none"], form["mean"]) == ((0.5, 2), 2, 0.5)
    done = run("--plugin", plugin, "--rewards", "broken", log)
    assert (done.returncode, f"the reward broken: {plugin}, line 21: TypeError" in done.stderr) == (2, True), (
        done.stderr
    )


def test_a_reward_that_says_why():
    answers = ["no, yes", "yes"]
    rows = [{"completion": text, "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]} for text in answers]
    (first,) = score.score(rows, ["instructions"], {})
    assert first.values == [0.0, 1.0]
    assert "no_comma" in first.reasons[0]
