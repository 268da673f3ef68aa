"""scripts/setup.sh with a stub of pip: it installs what has changed, and no more."""

import shutil
import subprocess
import sys

from tests.conftest import ROOT


def test_only_what_changed_is_installed(tmp_path):
    for folder in ("scripts", "requirements", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "scripts/setup.sh", tmp_path / "scripts")
    for name, text in {"python": "", "swift-grpo": "", "pip": 'echo "pip $*"\n'}.items():
        (tmp_path / ".venv/bin" / name).write_text(f"#!/bin/sh\n{text}")
        (tmp_path / ".venv/bin" / name).chmod(0o755)

    def installed() -> list[str]:
        command = ["env", f"PYTHON={sys.executable}", "bash", str(tmp_path / "scripts/setup.sh"), "cpu"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return [line.split()[-1] for line in done.stdout.splitlines() if line.startswith("pip ")]

    for name in ("requirements/cpu.txt", "pyproject.toml", "setup.py"):
        (tmp_path / name).touch()
    assert (installed(), installed()) == (["requirements/cpu.txt", "."], [])
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    assert (installed(), installed()) == (["."], [])
    (tmp_path / "requirements/cpu.txt").write_text("a==1\n")
    assert (installed(), installed()) == (["requirements/cpu.txt", "."], [])
