"""scripts/test.sh itself, with stubs for set-up, pip, linters and pytest: a failure hides nothing that comes later."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

PROGRAMS = ("pip", "ruff", "mypy", "shellcheck", "shfmt", "pytest")
STUB = """#!/bin/bash
echo "${0##*/} $*" >>"$CALLS"
[[ ! "${0##*/} $*" =~ $FAILING ]]
"""


@pytest.fixture
def parts(tmp_path):
    """Runs the script in a tree of stubs, where calls that match `failing` fail; the process, and the calls made."""
    (tmp_path / "scripts/lib").mkdir(parents=True)
    for name in ("scripts/test.sh", "scripts/lib/home.sh"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/eval.txt").write_text("evalscope==1\n")
    for path in ("scripts/setup.sh", *(f".venv/bin/{name}" for name in PROGRAMS)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(STUB)
        (tmp_path / path).chmod(0o755)
    calls: Path = tmp_path / "calls"

    def run(*words: str, failing: str = "nothing") -> tuple[subprocess.CompletedProcess, list[str]]:
        calls.unlink(missing_ok=True)
        environ = os.environ | {"CALLS": str(calls), "FAILING": failing, "CI": ""}
        command = ["bash", str(tmp_path / "scripts/test.sh"), *words]
        done = subprocess.run(command, env=environ, capture_output=True, text=True)
        return done, calls.read_text().splitlines()

    return run


def test_what_fails_is_named_last_and_all_parts_run(parts):
    done, calls = parts(failing="mypy|pytest .*not slow")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "test: FAILED: mypy fast"
    assert [call.split()[-1] for call in calls if call.startswith("pytest")] == ["e2e", "e2e", "e2e"]
    done, calls = parts("fast")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "test: nothing failed")
    assert [call for call in calls if call.startswith("pytest")] == [
        "pytest -n 2 --dist loadgroup -m not slow and not e2e"
    ]


def test_an_extra_is_installed_once_and_missed_in_one_line(parts):
    done, calls = parts("fast", failing="pip")
    assert calls[0] == "setup.sh cpu"
    assert done.returncode == 0
    assert "test: requirements/eval.txt cannot be installed here" in done.stdout
    assert len([call for call in parts("fast")[1] if call.startswith("pip") and "eval.txt" in call]) == 1
    assert not [call for call in parts("fast")[1] if call.startswith("pip")]


def test_further_words_go_to_pytest(parts):
    done, calls = parts("-k", "grader", failing="pytest")
    assert calls[-1] == "pytest -k grader"
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "test: FAILED: pytest")
