"""Each planted illness is the first finding, nothing healthy is critical, and missing data is said to be missing."""

import json
import re

import pytest

from swift_grpo.rollouts.diagnosis import CHECKS, diagnose
from swift_grpo.rollouts.diagnosis.finding import SEVERITIES
from swift_grpo.rollouts.facts.trust import trust
from swift_grpo.rollouts.index import open_index
from tests.rollouts.illnesses import HEALTHY, ILL
from tests.rollouts.synthetic import STEPS, Run


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def findings_of(folder):
    with open_index(folder) as index:
        found = trust(index)
        assert (found.reconciled, found.of) == (STEPS, STEPS)
        return [f for f in diagnose(index) if f.severity != "skipped"]


def test_there_are_enough_of_them():
    assert len(HEALTHY) == 5
    assert len({kind.expected for kind in ILL}) == len(ILL) == len(CHECKS)


@pytest.mark.parametrize("kind", ILL, ids=lambda kind: kind.expected)
def test_planted_illness_comes_first(tmp_path, kind):
    first = findings_of(kind().write(tmp_path / "run"))[0]
    assert first.check == kind.expected
    assert first.severity in ("critical", "warn")
    assert re.search(r"\d", first.evidence) and re.search(r"\d|any", first.threshold)
    assert "--" in first.remedy
    assert 1 <= len(first.rollouts) <= 3


@pytest.mark.parametrize("kind", HEALTHY, ids=lambda kind: kind.__name__)
def test_healthy_is_not_critical(tmp_path, kind):
    assert [f.check for f in findings_of(kind().write(tmp_path / "run")) if f.severity in ("critical", "warn")] == []


def test_worst_comes_first(tmp_path):
    with open_index(next(k for k in ILL if k.expected == "repetition")().write(tmp_path / "run")) as index:
        severities = [SEVERITIES.index(f.severity) for f in diagnose(index)]
    assert severities == sorted(severities)


def test_missing_data_is_skipped_and_named(tmp_path):
    """A log without rewards, logging.jsonl and args.json must not read as healthy."""
    folder = tmp_path / "run"
    folder.mkdir()
    lines = [{"step": [str(s)] * 2, "prompt": ["p", "q"], "completion": ["a", "b"]} for s in range(12)]
    (folder / "completions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with open_index(folder) as index:
        skipped = {f.check: f.title for f in diagnose(index) if f.severity == "skipped"}
    assert skipped.keys() >= set(CHECKS) - {
        "boilerplate",
        "prompt_echo",
        "several_answers",
        "repetition",
        "language_mixing",
        "gibberish",
    }
    assert "`kl` in logging.jsonl" in skipped["kl_blowup"]
    assert "a reward column" in skipped["plateau"]
    assert all(title.startswith("not checked: needs ") for title in skipped.values())


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_few_steps_skip_everything_or_say_so(tmp_path, steps):
    run = Run()
    run.steps = max(steps, 1)
    folder = run.write(tmp_path / "run")
    if steps == 0:
        (folder / "completions.jsonl").write_text("")
    with open_index(folder) as index:
        found = diagnose(index)
    assert {f.severity for f in found} <= {"skipped"}
    assert len(found) > 10
