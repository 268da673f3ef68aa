"""The planted runs are what ms-swift writes: each figure follows from the texts and rewards beside it."""

import json
from math import isnan
from pathlib import Path
from statistics import fmean, stdev

import pytest

from benchmarks.diagnosis.first import names
from benchmarks.diagnosis.first.registry import load
from benchmarks.diagnosis.first.run import Run
from benchmarks.diagnosis.first.score import verdict
from benchmarks.diagnosis.first.scoring import given
from benchmarks.diagnosis.first.writer import Writer

STEPS = 16


@pytest.fixture(scope="module", params=[("short_run", None), ("reward_none", "moderate")], ids=lambda param: param[0])
def written(request, tmp_path_factory):
    """`(args, completions, logs)` of a run of an open kind, cut to a few steps."""
    kind, severity = request.param
    run = Run(kind, severity, seed=1)
    load("open")[kind].plant(run)
    run.settings.steps, run.settings.logging_steps = STEPS, 1
    (folder,) = Writer(run, tmp_path_factory.mktemp(kind)).write().iterdir()
    lines = {name: (folder / f"{name}.jsonl").read_bytes().split(b"\n")[:-1] for name in ("completions", "logging")}
    args = json.loads((folder / "args.json").read_text(encoding="utf-8"))
    return args, [json.loads(line) for line in lines["completions"]], [json.loads(line) for line in lines["logging"]]


def test_lines_and_columns(written):
    args, completions, logs = written
    assert len(completions) == STEPS + 1  # the last batch stands there twice
    assert completions[-1] == completions[-2]
    assert len(logs) == STEPS + 2  # a summary and the history
    assert "train_runtime" in logs[-2]
    assert len(logs[-1]["log_history"]) == STEPS + 1
    for step, (table, row) in enumerate(zip(completions[:STEPS], logs, strict=False), 1):
        assert {len(column) for column in table.values()} == {len(table["step"])}
        assert len(table["step"]) % args["num_generations"] == 0
        assert set(table["step"]) == {str(step)}
        assert row["global_step/max_steps"] == f"{step}/{STEPS}"


def test_figures_follow_from_the_rewards(written):
    args, completions, logs = written
    size = args["num_generations"]
    classes = [key.split("/")[1] for key in logs[0] if key.startswith("rewards/") and key.endswith("/mean")]
    assert classes
    spreads = set()
    for table, row in zip(completions, logs[:STEPS], strict=False):
        for name in classes:
            seen = [value for value in table[name] if not isnan(value)]
            assert (f"rewards/{name}/mean" in row) == bool(seen)
            if len(seen) > 1:
                assert row[f"rewards/{name}/mean"] == pytest.approx(fmean(seen), abs=1e-5)
                assert row[f"rewards/{name}/std"] == pytest.approx(stdev(seen), abs=1e-5)
        rewards = [
            sum(v for v in values if not isnan(v)) for values in zip(*(table[name] for name in classes), strict=True)
        ]
        groups = [rewards[at : at + size] for at in range(0, len(rewards), size)]
        assert row["reward"] == pytest.approx(fmean(rewards), abs=1e-5)
        assert row["reward_std"] == pytest.approx(fmean(map(stdev, groups)), abs=1e-5)
        assert row["frac_reward_zero_std"] == pytest.approx(fmean(stdev(group) < 1e-6 for group in groups), abs=1e-6)
        expected = [(r - fmean(group)) / (stdev(group) + 1e-4) for group in groups for r in group]
        assert table["advantages"] == pytest.approx(expected, abs=1e-3)
        spreads.add(round(row["reward"], 4))
    assert len(spreads) > STEPS / 2  # a real run is noisy


def test_the_accuracy_is_that_of_the_texts(written):
    _, completions, _ = written
    right = paid = 0
    for table in completions:
        name = next(key for key in table if key.endswith("Accuracy"))
        for text, gold, reward in zip(table["completion"], table["solution"], table[name], strict=True):
            if not isnan(reward):
                right += given(text) == gold
                paid += reward
    assert right == paid > 0


@pytest.mark.parametrize(
    ("ill", "found", "word"),
    [
        (True, [("warn", "a")], "first"),
        (True, [("critical", "b"), ("warn", "a")], "later"),
        (True, [("critical", "b")], "missed"),
        (True, [("info", "b")], "silent"),
        (True, None, "failed"),
        (False, [("info", "b")], "quiet"),
        (False, [("warn", "a")], "warned"),
        (False, [("warn", "a"), ("critical", "b")], "critical"),
    ],
)
def test_a_verdict(ill, found, word):
    findings = found and [{"severity": severity, "check": check} for severity, check in found]
    assert verdict({"healthy": not ill}, findings, ("a",)) == word


def test_open_kinds_are_named_and_have_a_place_for_their_names():
    kinds = load("open").values()
    readme = Path(names.__file__).with_name("README.md").read_text(encoding="utf-8")
    assert {kind.name for kind in kinds if kind.ill} == set(names.ACCEPTED)
    assert not [kind.name for kind in kinds if f"`{kind.name}`" not in readme]
