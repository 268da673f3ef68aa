"""`swift-grpo report-card`: what it says comes from what the run wrote, what is not there is named, and no text is markup."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.diagnosis.own.synthetic import Run
from swift_grpo.data.prepare import plan_for, prepare
from swift_grpo.evaluation import report_card_views, run_story
from swift_grpo.evaluation.report_card import card
from swift_grpo.formats import manifest
from swift_grpo.rollouts.index import open_index
from tests.evaluation import conftest

NASTY = "</script><img src=x onerror=alert(1)>\x1b[31m\u202e\n# no heading\n| no | table |\n"
STEPS = 6


class Short(Run):
    steps = STEPS


@pytest.fixture
def trained(tmp_path) -> Path:
    """OUTPUT_DIR of a run that began with a cold start on prepared rows, as the recipes leave it."""
    raw = [{"question": f"{i} + 1?", "answer": f"#### {i + 1}"} for i in range(20)] + [
        {"question": "no gold", "answer": ""}
    ]
    (tmp_path / "raw.jsonl").write_text("".join(json.dumps(row) + "\n" for row in raw))
    rows = tmp_path / "data/rows.jsonl"
    prepare("gsm8k", rows, plan_for("gsm8k"), tmp_path / "raw.jsonl")
    cold = tmp_path / "sft/v0-20260101-100000/checkpoint-9"
    cold.mkdir(parents=True)
    (cold / "args.json").write_text(
        json.dumps({"model": "Qwen/Qwen2.5-1.5B", "dataset": [str(rows)], "learning_rate": 1e-5, "seed": 42})
    )
    run = Short().write(tmp_path / "grpo/v0-20260101-120030")
    args = json.loads((run / "args.json").read_text())
    own = {"model": str(cold), "dataset": [f"{rows}#10"], "rlhf_type": "grpo", "learning_rate": 5e-6}
    (run / "args.json").write_text(json.dumps(args | own))
    launch = {"commands": [["swift", "rlhf", "--model", "x"]], "versions": {"ms-swift": "4.6.0"}}
    launch |= {"started": "2026-01-01T12:00:00+0000", "ended": "2026-01-01T13:30:00+0000"}
    for name in ("20260101-120000", "20260101-150000"):  # the second made another folder
        (tmp_path / "grpo/launches" / name).mkdir(parents=True)
        (tmp_path / "grpo/launches" / name / "run.json").write_text(json.dumps(launch))
        launch = launch | {"versions": {"ms-swift": "another"}, "started": "2026-01-01T15:00:00+0000"}
    return tmp_path / "grpo"


def made(output: Path, *evaluations: Path) -> dict:
    with open_index(output) as index:
        return card(index, *evaluations)


def test_it_tells_the_run_from_its_files(trained, evaluated):
    found = made(trained, evaluated("before", 0.6), evaluated("after", 1.1))
    assert [(one["what"], one["model"].split("/")[-1]) for one in found["stages"]] == [
        ("supervised fine-tuning", "Qwen2.5-1.5B"),
        ("GRPO", "checkpoint-9"),
    ]
    (data,) = found["data"]
    assert data["file"] == "rows.jsonl"
    assert [data["counts"][name] for name in ("read", "dropped", "output")] == [21, 1, 20]
    assert found["cost"] | {"seconds_a_step": 0, "tokens": 0} == {
        "hours": 1.5,
        "steps": STEPS,
        "completions": STEPS * 64,
        "seconds_a_step": 0,
        "tokens": 0,
    }
    assert found["cost"]["tokens"] > 0 and found["versions"] == {"ms-swift": "4.6.0"} and found["missing"] == []
    (compared,) = found["comparisons"]
    (mean, *_) = compared["measures"]
    assert mean["name"] == "mean@4" and mean["before"][0] < mean["after"][1] and mean["by"][1] > 0
    assert len(compared["better"]) == 3 and all(one["rates"][1] > one["rates"][0] for one in compared["better"])
    assert {"reward", "solved", "tokens"} <= {chart["id"] for chart in found["curves"]["charts"]}


def test_a_stage_that_removed_nothing_is_still_a_stage(trained):
    rows = trained.parent / "data/rows.jsonl"
    clean = rows.with_name("clean.jsonl")
    clean.write_bytes(rows.read_bytes())
    manifest.write(
        clean,
        sources=[manifest.describe(rows)],
        counts={"read": 20, "output": 20},
        parameters={},
        made_by="decontaminate",
    )
    args = json.loads((trained / "v0-20260101-120030/args.json").read_text()) | {"dataset": [str(clean)]}
    (trained / "v0-20260101-120030/args.json").write_text(json.dumps(args))
    assert [one["file"] for one in made(trained)["data"]] == ["rows.jsonl", "clean.jsonl"]


def test_what_is_not_there_is_named(trained):
    for folder in (trained / "launches").iterdir():
        (folder / "run.json").unlink()
    (trained.parent / "data/rows.jsonl").write_text("{}\n")
    missing = " ".join(made(trained)["missing"])
    assert "rows.jsonl: it has no manifest, or was changed since" in missing
    assert "before and after: not evaluated" in missing
    assert "no run.json of its start" in missing


def test_markdown_holds_hostile_text_as_text(trained, evaluated, monkeypatch):
    before = evaluated("before", 0.5)
    play = conftest.player
    monkeypatch.setattr(conftest, "player", lambda skill: lambda p, s: NASTY + play(skill)(p, s))
    found = made(trained, before, evaluated("after", 1.1))
    text = report_card_views.markdown(found, run_story.reward_curve(trained / "v0-20260101-120030", colour=False))
    assert text.startswith('---\nbase_model: "Qwen/Qwen2.5-1.5B"\n')
    assert "onerror" in text and "\x1b" not in text and "\u202e" not in text
    assert [line for line in text.splitlines() if "onerror" in line and not line.startswith("    ")] == []
    assert "\n# no heading" not in text and "\n| no |" not in text


@pytest.mark.slow
def test_command(trained, evaluated, tmp_path):
    before, after = evaluated("before", 0.6), evaluated("after", 1.1, temperature=0.5)
    command = [sys.executable, "-c", "from swift_grpo.commands.main import main; main()", "report-card"]

    def said(*words):
        return subprocess.run([*command, *map(str, words)], capture_output=True, text=True)

    done = said(trained, "-o", tmp_path / "out/card")
    assert done.stdout.split() == [f"{tmp_path}/out/card.md", f"{tmp_path}/out/card.html"]
    unlike = said(trained, "--before", before, "--after", after)
    assert (unlike.returncode, unlike.stdout) == (2, "")
    assert "temperature is 1.0 and 0.5" in unlike.stderr and unlike.stderr.count("\n") == 1
    nowhere = said(tmp_path / "nowhere")
    assert nowhere.returncode == 2 and nowhere.stderr.count("\n") == 1
