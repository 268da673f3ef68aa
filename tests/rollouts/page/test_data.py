"""What the page is given, without a browser."""

import json
import re

import numpy as np
import pytest

from benchmarks.diagnosis.own.synthetic import Run, line_and_metrics
from swift_grpo.rollouts.diagnosis import CHECKS
from swift_grpo.rollouts.facts import browse
from swift_grpo.rollouts.facts.curves import curves
from swift_grpo.rollouts.facts.heat import heat
from swift_grpo.rollouts.index import open_index
from swift_grpo.rollouts.page import chart_of_check
from swift_grpo.rollouts.page import group_sample as sampling
from swift_grpo.rollouts.page.payload import page_data, report_data
from swift_grpo.rollouts.page.report_page import report


def embedded(html: str) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', html, re.DOTALL)[1])


def test_curves_are_the_logs_own_numbers(healthy_run):
    logged = [json.loads(line) for line in (healthy_run / "logging.jsonl").open()]
    logged = [row for row in logged if "reward" in row]
    with open_index(healthy_run) as index:
        found = curves(index)
    charts = {chart["id"]: chart for chart in found["charts"]}
    assert found["steps"] == list(range(1, 37)) and found["stretch"] == 1 and found["absent"] == []
    assert charts["reward"]["series"][0]["values"] == pytest.approx([row["reward"] for row in logged], rel=1e-4)
    assert charts["kl"]["series"][0]["values"] == pytest.approx([row["kl"] for row in logged], rel=1e-4)
    zero = np.sum([one["values"] for one in charts["zero"]["series"]], axis=0)
    assert zero == pytest.approx([row["frac_reward_zero_std"] for row in logged], abs=1e-4)
    parts = np.sum([one["values"] for one in charts["components"]["series"]], axis=0)
    assert parts == pytest.approx([row["reward"] for row in logged], rel=1e-4)


def test_many_steps_are_averaged_and_it_is_said(healthy_run):
    with open_index(healthy_run) as index:
        whole = curves(index)["charts"][0]["series"][0]["values"]
        found = curves(index, 8)
    assert found["stretch"] == 5 and found["steps"] == [3, 8, 13, 18, 23, 28, 33, 36]
    assert all(len(one["values"]) == 8 for chart in found["charts"] for one in chart["series"])
    assert found["charts"][0]["series"][0]["values"][1] == pytest.approx(np.mean(whole[5:10]), rel=1e-4)


@pytest.mark.slow
def test_a_hundred_reward_classes(tmp_path):
    names = tuple(f"Reward{k}" for k in range(100))

    class Many(Run):
        steps = 2
        reward_names = names

        def rewards(self, t, text, right, formatted):
            return {name: float(right) * k for k, name in enumerate(names)}

    with open_index(Many().write(tmp_path / "run")) as index:
        chart = next(chart for chart in curves(index)["charts"] if chart["id"] == "components")
        assert [one["name"] for one in chart["series"]] == [*(f"Reward{k}" for k in range(99, 92, -1)), "93 others"]
        assert len(report(index)) < 8e6


def test_heat_map_holds_the_solve_rates(healthy_run):
    with open_index(healthy_run) as index:
        found = heat(index)
        prompt = found["prompts"][0]
        rate = index.query(
            "SELECT avg(solved::INTEGER) FROM rollouts WHERE NOT duplicate AND prompt_hash = ?", [prompt["p"]]
        )
    assert found["of"] == 48 and len(found["prompts"]) == 40 and len(found["columns"]) == 6
    assert prompt["mean"] == pytest.approx(rate[0][0], abs=1e-4)
    assert all(n == 8 for _, _, _, n in found["cells"]) and len(found["cells"]) == 240


def test_nothing_to_show(tmp_path):
    (tmp_path / "completions.jsonl").write_text("")
    with open_index(tmp_path) as index:
        data = page_data(index)
        assert data["run"]["steps"] is None and data["heat"] is None and data["curves"]["charts"] == []
        assert embedded(report(index))["sample"] == []


def test_no_reward_column(tmp_path):
    rows = {"step": ["1"] * 2, "prompt": ["p"] * 2, "completion": ["a", "b"]}
    (tmp_path / "completions.jsonl").write_text(json.dumps(rows) + "\n")
    with open_index(tmp_path) as index:
        data, sample = report_data(index)
    assert [chart["id"] for chart in data["curves"]["charts"]] == ["chars"]
    assert {one["title"] for one in data["curves"]["absent"]} >= {"Reward", "Entropy", "Step time"}
    assert json.loads(sample[0])["outcome"] == "unknown"


def test_not_a_number_is_null(tmp_path):
    rows = [{"prompt": "p", "completion": "a", "A": value} for value in (float("inf"), None, 1.0, 2.0)]
    line, metrics = line_and_metrics(1, rows, ("A",), None, 4)
    (tmp_path / "completions.jsonl").write_text(json.dumps(line) + "\n")
    (tmp_path / "logging.jsonl").write_text(
        json.dumps(metrics | {"global_step/max_steps": "1/1", "kl": float("nan")}) + "\n"
    )
    with open_index(tmp_path) as index:
        rewards = [member["rewards"] for member in json.loads(report_data(index)[1][0])["members"]]
    assert rewards == [[None], [None], [1], [2]]


def test_long_texts_are_cut_and_the_size_is_kept(hostile_run):
    with open_index(hostile_run) as index:
        html = report(index)
    text = embedded(html)["sample"][0]["members"][5]["text"]
    assert len(html.encode()) < 8e6
    assert len(text["head"]) + text["out"] + len(text["tail"]) == 1_000_025
    assert text["tail"].endswith("<answer>7</answer>")


def test_the_sample_covers_every_stretch_and_outcome(healthy_run, monkeypatch):
    monkeypatch.setattr(sampling, "SAMPLE", 70)
    with open_index(healthy_run) as index:
        total = browse.tabulate(index)
        linked = index.query(
            "SELECT id FROM rollouts WHERE step = 20 AND member = 3 AND NOT duplicate ORDER BY id LIMIT 1"
        )[0][0]
        taken = [json.loads(text) for text in sampling.sample(index, [linked], [])]
    assert total == 288 and len(taken) == 70
    assert any(member["id"] == linked for group in taken for member in group["members"])
    assert {group["outcome"] for group in taken} == {"mixed", "right", "wrong"}
    assert max(np.diff([1, *(group["step"] for group in taken), 36])) <= 3


def test_the_sample_ends_where_its_bytes_are_used_up(healthy_run, monkeypatch):
    monkeypatch.setattr(sampling, "SAMPLE_BYTES", 50_000)
    with open_index(healthy_run) as index:
        data, taken = report_data(index)
    assert 5 < len(taken) < 20 and sum(map(len, taken)) <= 50_000 and data["run"]["groups"] == 288


def test_every_check_has_its_chart_or_none():
    listed = [check for checks in chart_of_check.CHECKS.values() for check in checks.split()]
    assert len(listed) == len(set(listed)) and not set(listed) & chart_of_check.WITHOUT
    assert set(listed) | chart_of_check.WITHOUT == set(CHECKS)
