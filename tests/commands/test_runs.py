"""`swift-grpo runs` and `runs diff` as a user types them."""

import json

import pytest
from typer.testing import CliRunner

from swift_grpo.commands.main import app
from tests.evaluation.runs.conftest import cache, run_folder  # noqa: F401  a fixture


def typed(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["runs", *words], env={"COLUMNS": "140"}, catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.slow
def test_runs_are_listed_grouped_and_compared(tmp_path):
    for name, skill, seed in (("a-1", 0.1, 1), ("a-2", 0.12, 2), ("b-1", 0.9, 1), ("b-2", 0.92, 2)):
        run_folder(tmp_path / name, skill, seed, learning_rate=1e-6 if name[0] == "a" else 3e-6)
    place = str(tmp_path)
    assert "4 runs · outcome: solved (training)" in typed(place)
    assert [one["name"][0] for one in json.loads(typed(place, "--json", "--sort", "-outcome"))] == ["b", "b", "a", "a"]
    grouped = json.loads(typed(place, "--json", "--by", "learning_rate"))
    assert [one["outcome"]["source"] for one in grouped] == ["seeds", "seeds"]
    drawn = typed("diff", place)
    assert "best: learning_rate=3e-06" in drawn and "learning_rate=1e-06 is worse" in drawn
    drawn = typed("diff", f"{place}/a-1", f"{place}/b-1")
    assert "B is better" in drawn and "learning_rate: 1e-06 | 3e-06" in drawn
    found = json.loads(typed("diff", f"{place}/a-1", f"{place}/a-2", "--json"))
    assert found["verdict"]["verdict"] == "not different" and len(found["groups"]) == 2
    typed("page", place, "--by", "learning_rate", "-o", f"{place}/runs.html")
    assert "learning_rate=1e-06 is worse" in (tmp_path / "runs.html").read_text(encoding="utf-8")
    assert "--where steps > 99: no run" in typed("page", place, "--where", "steps > 99", code=2)
    assert "there is one group of runs" in typed("diff", f"{place}/a-1", code=2)
    assert "--by x: no run has this setting" in typed("diff", place, "--by", "x", code=2)


def test_an_empty_folder_is_named(tmp_path):
    assert typed(str(tmp_path), code=2) == f"swift-grpo: {tmp_path}: no GRPO run there or below\n"
