"""A run in two stages that is killed between them, and goes on when it is started again."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from swift_grpo.formats.run_files import find_run
from swift_grpo.launch.checkpoints import last_checkpoint, steps
from tests.conftest import ROOT, clean_environ
from tests.e2e.conftest import SHORT, TINY

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
QUESTION = re.compile(r"Which is larger, (\d+) or (\d+)\?")
# by the sum of the numbers: always right, always wrong, or right in every other answer
REWARD = """
import itertools, re
from swift.rewards import ORM, orms

class Correct(ORM):
    def __call__(self, completions, messages, **kwargs):
        turn = itertools.count()
        kinds = [sum(map(int, re.findall(r"\\d+", row[-2]["content"]))) % 3 for row in messages]
        return [(1.0, 0.0, float(next(turn) % 2))[kind] for kind in kinds]

orms["correct"] = Correct
"""


def start(tiny: Path, folder: Path) -> subprocess.Popen:
    words = [
        "--max_steps",
        "8",
        "--per_device_train_batch_size",
        "16",
        "--reward_funcs",
        "correct",
        "--save_steps",
        "8",
    ]
    return subprocess.Popen(
        ["bash", str(ROOT / "scripts/train_single_gpu.sh"), "--compact", *TINY, *SHORT, *words],
        env=clean_environ()
        | {"DEVICE": "cpu", "MODEL": str(tiny / "base"), "DATASET": str(folder / "rows.jsonl"), "CURRICULUM": "6"}
        | {"OUTPUT_DIR": str(folder / "out"), "PLUGIN": str(folder / "reward.py")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def kind(row: dict) -> int:
    return sum(map(int, QUESTION.search(row["messages"][-1]["content"]).groups())) % 3


def test_killed_between_stages_it_goes_on_with_the_chosen_rows(tiny, tmp_path):
    (tmp_path / "reward.py").write_text(REWARD)
    lines = (tiny / "train.jsonl").read_text().splitlines(keepends=True)[:24]
    (tmp_path / "rows.jsonl").write_text("".join(lines))
    out = tmp_path / "out"

    with start(tiny, tmp_path) as run:
        said = ""
        for line in run.stdout:
            said += line
            if "stage 2:" in line:
                run.kill()
                break
        assert "stage 2:" in said, said
    launched = json.loads(min(out.glob("launches/*/run.json")).read_text())
    assert launched.get("exit_code") is None  # an exit code would say that the run is finished
    assert last_checkpoint(out, to_resume=True).name == "checkpoint-6"
    (out / "curriculum/stage-2.jsonl").write_text('{"torn')

    with start(tiny, tmp_path) as run:
        said = run.communicate(timeout=300)[0]
    assert run.returncode == 0, said
    assert [event.step for event in steps(out)] == [*range(1, 9)]
    rates = [event.values["learning_rate"] for event in steps(out)]
    assert rates[-1] == min(rates) and rates[6] < rates[5]  # one schedule over both stages

    rows = [json.loads(line) for line in (out / "curriculum/stage-2.jsonl").read_text().splitlines()]
    table = [line.split("\t") for line in (out / "curriculum/stage-2.tsv").read_text().splitlines()[1:]]
    expected = ("solved", "hopeless", "middle")
    assert len(table) == 24 and all(
        why[4] == expected[kind(json.loads(row))] for why, row in zip(table, lines, strict=True)
    )
    assert len(rows) == sum(why[5] == "kept" for why in table)
    assert all(why[5] == "kept" for why in table if why[4] == "middle")
    assert all(kind(row) != 1 for row in rows)

    asked = {f"Which is larger, {a} or {b}?" for a, b in QUESTION.findall(find_run(out).logs[-1].read_text())}
    assert asked and asked <= {row["messages"][-1]["content"] for row in rows}
