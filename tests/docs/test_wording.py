"""The words that CONTRIBUTING.md asks to avoid, in everything a user or a contributor reads."""

import re
import subprocess

import pytest

from tests.conftest import ROOT
from tests.docs.wording import WORDS

READ = ["README.md", "CONTRIBUTING.md", "AGENTS.md", "docs", "examples", "scripts", "configs", "swift_grpo", "plugin"]
FILES = subprocess.run(["git", "ls-files", "-z", "--", *READ], cwd=ROOT, capture_output=True, text=True).stdout.split(
    "\0"
)
FILES = [name for name in FILES if name.endswith((".md", ".py", ".sh", ".slurm", ".yaml", ".toml"))]
NAMES = re.compile(r"`[\w./-]+`|\]\([^)]*\)|\b[\w/]+\.py\b|\bdiagnosis-anew\b")  # of files and figures


@pytest.mark.parametrize("name", FILES)
def test_plain_english(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    if name == "CONTRIBUTING.md":  # but for the list itself
        lines = [line for line in lines if not line.startswith("|")]
    said = [
        f"{name}:{at}: {word.avoid}, better {word.better}: {line.strip()[:100]}"
        for at, line in enumerate(lines, start=1)
        for word in WORDS
        if re.search(word.pattern, NAMES.sub("", line))
    ]
    assert not said, "\n".join(said)
