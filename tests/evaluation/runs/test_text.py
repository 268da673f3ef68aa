"""Tables of runs and groups, sorted and filtered."""

import io
from dataclasses import replace

import duckdb
import pytest
from rich.console import Console

from swift_grpo.evaluation.runs import text
from swift_grpo.evaluation.runs.compare import against_best, compare
from swift_grpo.evaluation.runs.groups import group
from tests.evaluation.runs.conftest import summary

LONG = {"system": "A long prompt. " * 9, "note": "x" * 30}
RUNS = [
    summary(value, name=f"learning_rate={rate}-seed{seed}", seed=seed, learning_rate=rate, temperature="1", **LONG)
    for rate, values in (("1e-06", (0.40, 0.42)), ("3e-06", (0.60, 0.62)))
    for seed, value in enumerate(values)
]
FAILED = replace(
    summary(0.1, name="broken", learning_rate="1e-06", temperature="1", note="y" * 30),
    state="failed", cause="out of memory\x1b[2J", findings=[("info", "learned", ""), ("critical", "kl_blowup", "")],
)  # fmt: skip


def shown(view, *what, width: int = 140) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False)
    view(console, *what)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 140])
def test_the_table_shows_what_differs_and_fits(width):
    drawn = shown(text.show_runs, [*RUNS, FAILED], width=width)
    assert max(map(len, drawn.splitlines())) <= width
    assert "temperature" not in drawn and "A long prompt. A long prompt" not in drawn
    assert "5 runs · outcome: solved (training)" in drawn and "1: critical" in drawn
    assert r"broken failed: out of memory\x1b[2J" in drawn
    assert "not shown: " + ("learning_rate, system, note, seed, time" if width == 80 else "system, note") in drawn


def test_sorted_and_filtered():
    assert [run.outcome.value for run in text.chosen(RUNS, "", "-outcome")] == [0.62, 0.6, 0.42, 0.4]
    assert (
        text.chosen([*RUNS, FAILED], "state=failed", "") == text.chosen([*RUNS, FAILED], "critical > 0", "") == [FAILED]
    )
    assert text.chosen(RUNS, "learning_rate=1e-6", "") == RUNS[:2]
    assert text.chosen(RUNS, "learning_rate < 2e-6 and outcome > 0.4", "seed") == [RUNS[1]]
    for where in ("x = 1", "name = (SELECT content FROM read_text('/etc/passwd'))"):
        with pytest.raises(duckdb.Error):
            text.chosen(RUNS, where, "")
    with pytest.raises(ValueError, match="one SELECT"):
        text.chosen(RUNS, "true); SELECT (1", "")
    with pytest.raises(ValueError, match="--sort x: there are name, state"):
        text.chosen(RUNS, "", "x")


def test_groups_and_verdicts():
    groups = group([*RUNS, FAILED], ["learning_rate"])
    drawn = shown(text.show_groups, groups)
    assert "2 ended, 1 failed" in drawn and "1: critical kl_blowup" in drawn
    assert "learning_rate=1e-06: its runs also differ in system, note" in drawn and drawn.count("also differ") == 1
    low, high = group(RUNS)
    drawn = shown(text.show_verdicts, *against_best([low, high]))
    assert "best: learning_rate=3e-06" in drawn and "learning_rate=1e-06 is worse: -0.200" in drawn
    drawn = shown(text.show_pair, low, high, compare(low, high))
    assert "learning_rate: 1e-06 | 3e-06" in drawn and "B is better: +0.200" in drawn
