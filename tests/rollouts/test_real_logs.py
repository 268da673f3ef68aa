"""Logs that the trainers themselves wrote (tests/rollouts/logs): every number of theirs is found again."""

import json

import pytest
from typer.testing import CliRunner

from swift_grpo.commands.inspect import app
from swift_grpo.rollouts.facts.browse import tabulate
from swift_grpo.rollouts.facts.curves import curves
from swift_grpo.rollouts.facts.times import times
from swift_grpo.rollouts.facts.trust import trust
from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.page.report_page import report
from tests.conftest import ROOT

LOGS = ROOT / "tests/rollouts/logs"
SWIFT = sorted(path.parent.name for path in LOGS.glob("*/completions.jsonl"))
ALL = sorted(path.name for path in LOGS.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", SWIFT)
def test_every_step_reconciles(name):
    with open_index(LOGS / name) as index:
        found = trust(index)
        lines = [json.loads(line) for line in (LOGS / name / "logging.jsonl").read_text().splitlines()]
        steps = sum("reward" in line for line in lines)
        evaluations = sum("eval_reward" in line for line in lines)
        generated = index.query("SELECT count(DISTINCT line) FROM counted WHERE is_eval")[0][0]
    assert (found.reconciled, found.of, found.unreadable) == (steps, steps, 0) and steps >= 10
    assert index.reward_names == ["AnswerAccuracy", "R1Format"][: 1 if name == "smollm2" else 2]
    assert generated == evaluations


def test_the_evaluation_is_drawn_as_logged():
    lines = [json.loads(line) for line in (LOGS / "server/logging.jsonl").read_text().splitlines()]
    logged = {int(x["global_step/max_steps"].split("/")[0]): x["eval_reward"] for x in lines if "eval_reward" in x}
    with open_index(LOGS / "server") as index:
        found = curves(index)
    chart = next(chart for chart in found["charts"] if chart["id"] == "evaluation")
    values = dict(zip(found["steps"], chart["series"][0]["values"], strict=True))
    assert {step: value for step, value in values.items() if value is not None} == pytest.approx(logged, rel=1e-4)


@pytest.mark.parametrize("name", SWIFT)
def test_the_parts_add_up_to_the_logged_step_time(name):
    with open_index(LOGS / name) as index:
        found = times(index)
    assert found.checked == (len(found.steps), len(found.steps)) and len(found.steps) >= 10
    assert found.shares["generation"] > 0 and found.shares["gradient"] > 0


@pytest.mark.parametrize("name", ALL)
def test_groups_are_of_one_prompt(name):
    with open_index(LOGS / name) as index:
        rows = index.query(
            "SELECT min(n), max(n), max(prompts) FROM (SELECT count(*) AS n, count(DISTINCT prompt_hash) AS prompts "
            "FROM train GROUP BY group_id)"
        )
        assert rows[0][2] == 1 and rows[0][0] >= 4
        assert tabulate(index) > 0 and len(report(index)) > 50_000
        sums = index.query("SELECT abs(sum(advantage)) FROM train WHERE advantage IS NOT NULL GROUP BY group_id")
        assert max((row[0] for row in sums), default=0) < 1e-3


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("view", ["summary", "diagnose", "tail", "prompts"])
def test_every_view_reads_it(name, view):
    result = CliRunner().invoke(app, [view, str(LOGS / name)])
    assert result.exit_code == 0, result.output
    assert "0 unreadable lines" in " ".join(result.output.split())
