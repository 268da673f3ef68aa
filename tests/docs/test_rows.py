"""docs/rows.md says what ms-swift makes of a row; here ms-swift is asked."""

import json
import re

import pytest

from tests.conftest import ROOT

ASK = r"""
import json, sys
from swift.dataset import load_dataset
for path in sys.argv[1:]:
    rows, _ = load_dataset(path, remove_unused_columns=False)  # as GRPO sets it
    print("row", json.dumps({name: value for name, value in rows[0].items() if name != "dataset"}))
"""


@pytest.mark.slow  # ms-swift's data sets take 20 s to import
def test_rows_become_what_the_page_says(tmp_path, ms_swift):
    table = re.findall(r"^\| `(\{.*\})` \| `(\{.*\})` \|$", (ROOT / "docs/rows.md").read_text(), re.MULTILINE)
    assert len(table) > 5
    files = [tmp_path / f"{number}.jsonl" for number, _ in enumerate(table)]
    for file, (row, _) in zip(files, table, strict=True):
        file.write_text(f"{row}\n{row}\n")
    asked = ms_swift.run(ASK, *map(str, files), cwd=tmp_path)
    found = [json.loads(line[4:]) for line in asked.stdout.splitlines() if line.startswith("row ")]
    assert found == [json.loads(becomes) for _, becomes in table], asked.stderr[-2000:]
