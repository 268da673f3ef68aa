"""A launch of several stages: what follows, what is recorded, and a crash at the end of one. Real processes."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow
LAUNCH = """
import sys
from pathlib import Path
from swift_grpo.launch.run import launch

folder = Path(sys.argv[1])

def trainer(name, code):
    return [sys.executable, "-c", f"open('{folder}/order', 'a').write('{name} '); raise SystemExit({code})"]

def following():
    if sys.argv[2:] and not left:
        raise ValueError("no reward tells right from wrong")
    return left.pop(0) if left else None

left = [trainer("two", 0), trainer("three", 0)]
sys.exit(launch([trainer("one", 1)], folder / "logs/one", restarts=1, following=following))
"""


def launched(folder, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", LAUNCH, str(folder), *words], capture_output=True, text=True, timeout=60
    )


def codes(folder) -> list[int | None]:
    return [json.loads(path.read_text())["exit_code"] for path in sorted(folder.glob("logs/*/run.json"), key=_started)]


def _started(path) -> float:
    return path.parent.joinpath("train.log").stat().st_mtime


def test_stages_follow_and_a_crash_at_the_end_of_one_is_followed_by_the_next(tmp_path):
    done = launched(tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "order").read_text() == "one two three "
    assert codes(tmp_path) == [1, None, 0]  # the second one's end is not the run's


def test_a_stage_that_cannot_begin_ends_the_run_with_the_reason(tmp_path):
    done = launched(tmp_path, "then fail")
    assert done.returncode == 2
    assert "the next stage cannot begin: no reward tells right from wrong" in done.stderr
    assert codes(tmp_path) == [1, None, 2]
