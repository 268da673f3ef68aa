"""The log of verdicts: what stands in it, and that nothing a model writes or a disk does ends a run."""

import json
import stat
from types import SimpleNamespace

import pytest
from grpo_rewards import verdict_log
from grpo_rewards.verdict_log import entry, write


@pytest.fixture
def log(tmp_path):
    verdict_log.open_in(str(tmp_path))
    yield tmp_path / "verdicts" / "judge.jsonl"
    verdict_log.open_in(None)
    verdict_log._failed.clear()


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_for_each_verdict_in_order(log):
    write("judge", [entry("foo", 1.0, "right"), entry("bar", None, "no reply")])
    write("judge", [entry("foo", 0.5, "half", SimpleNamespace(global_step=6), marks={"unit": 5})])
    assert lines(log) == [
        {"completion": "2c26b46b68ffc68f", "value": 1.0, "reason": "right"},
        {"completion": "fcde2b2edba56bf4", "value": None, "reason": "no reply"},
        {"step": 7, "completion": "2c26b46b68ffc68f", "value": 0.5, "reason": "half", "marks": {"unit": 5}},
    ]
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_models_words_stay_on_their_line_and_are_cut(log):
    write(
        "judge", [entry("\ud800", float("nan"), "a\n\x1b[2J\u202e\ud800" + "b" * 9999, marks=[{"\x00n": float("inf")}])]
    )
    (line,) = lines(log)
    assert line["reason"] == "a  [2J  " + "b" * 292
    assert line["value"] is None and line["marks"] == [{" n": None}]


def test_a_name_stays_in_the_folder(log):
    write("../../judge", [entry("a", 1.0, "")])
    assert [path.name for path in log.parent.iterdir()] == ["______judge.jsonl"]


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    verdict_log.open_in(None)
    write("judge", [entry("a", 1.0, "")])
    assert not list(tmp_path.iterdir())


def test_a_log_that_cannot_be_written_is_reported_once(log, caplog):
    log.parent.write_text("a file, not a folder")
    write("judge", [entry("a", 1.0, "")])
    write("judge", [entry("b", 1.0, "")])
    assert [record.getMessage() for record in caplog.records] == [
        "the verdicts of judge are not logged: FileExistsError"
    ]


def test_an_entry_that_is_no_json_does_not_raise(log):
    deep: list = []
    deep.append(deep)
    write("judge", [{"value": deep}])
    assert not log.exists()
