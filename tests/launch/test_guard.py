"""The guard starts commands; what it does for those that stop is in test_launch.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from swift_grpo.launch.guard import with_own_swift

pytestmark = pytest.mark.slow


def test_swift_is_found_beside_python_without_an_active_environment():
    """`.venv/bin/swift-grpo eval …` in a shell whose PATH has no such environment."""
    command = [
        sys.executable,
        "-m",
        "swift_grpo.launch.guard",
        str(os.getpid()),
        "env",
        "A=1",
        "sh",
        "-c",
        "command -v swift",
    ]
    environ = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, str(Path(sys.executable).parent / "swift")), done.stderr


def test_path_stays_where_there_is_no_swift(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert with_own_swift("/usr/bin") == "/usr/bin"
