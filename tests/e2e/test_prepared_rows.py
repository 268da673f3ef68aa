"""What `data prepare` writes is what ms-swift reads: its own loader gives back prompt, gold and other columns."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.cold]

RAW = [
    {
        "problem": f"What is {i}/7?",
        "solution": f"It is \\boxed{{\\frac{{{i}}}{{7}}}}.",
        "level": i,
        "tags": ["a", str(i)],
    }
    for i in range(50)
]
LOAD = """
import json, sys
from swift.dataset import load_dataset
rows, _ = load_dataset(sys.argv[1], remove_unused_columns=False, load_from_cache_file=False)
print("ROWS" + json.dumps([rows[i] for i in range(len(rows))]))
"""


def test_ms_swift_reads_prepared_rows(tmp_path):
    (tmp_path / "raw.jsonl").write_text("".join(json.dumps(row) + "\n" for row in RAW))
    command = [sys.executable, "-c", "from swift_grpo.commands.main import main; main()", "data", "prepare", "math"]
    subprocess.run([*command, "--from", tmp_path / "raw.jsonl", "-o", tmp_path / "out.jsonl"], check=True, cwd=ROOT)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, tmp_path / "out.jsonl"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "MODELSCOPE_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)},
    )
    assert "ROWS" in done.stdout, done.stderr[-2000:]
    rows = json.loads(done.stdout.partition("ROWS")[2])
    assert len(rows) == len(RAW)
    for raw, row in zip(RAW, rows, strict=True):
        assert [(turn["role"], turn["content"]) for turn in row["messages"]] == [("user", raw["problem"])]
        assert row["solution"] == f"\\frac{{{raw['level']}}}{{7}}"
        assert (row["level"], row["tags"], row["source_solution"]) == (raw["level"], raw["tags"], raw["solution"])
