"""`swift-grpo sweep` with ms-swift: killed, and started again. At random moments: benchmarks/launch/sweep_kills.py."""

import psutil
import pytest

from benchmarks.launch.sweep_kills import begun, complete, gone, start, until, write
from swift_grpo.launch.sweep import read
from tests.e2e.imported import behind

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_a_killed_sweep_goes_on_and_each_run_is_there_once(tiny, tmp_path, capsys):
    file = write(tmp_path, f"MODEL: {tiny}/base", tiny / "train.jsonl", max_steps=4, max_length=200, seeds="[1]")
    sweep = start(file)
    try:
        until(lambda: list(tmp_path.glob("out/*/v0-*/checkpoint-2/trainer_state.json")), 300)
        family = behind(psutil.Process(sweep.pid)).children(recursive=True)
        sweep.kill()
        until(lambda: gone(family), 60)
        sweep = start(file)
        until(lambda: begun(file) == 3, 300)
        sweep.terminate()
        assert sweep.wait(60) == 143
        sweep = start(file)
        assert sweep.wait(300) == 0, (tmp_path / "log").read_text()
    finally:
        sweep.kill()
    assert complete(read(file), last=4), capsys.readouterr().out
    said = (tmp_path / "log").read_text()
    assert "0 of 2 runs are done, and the same command goes on" in said or "1 of 2 runs are done" in said
    assert "learning_rate" in said.rpartition("done after")[2]  # the comparison
