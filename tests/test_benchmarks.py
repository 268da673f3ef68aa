"""benchmarks/table.tsv, from which scripts/bench.sh runs again what the docs' figures come from."""

import csv
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT, clean_environ
from tests.docs.markdown import pages
from tests.docs.shell_words import commands
from tests.docs.shown import faults

with (ROOT / "benchmarks/table.tsv").open(encoding="utf-8") as file:
    TABLE = {row["name"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
MODULE = re.compile(r"python -m ((?:benchmarks|tests)\.[\w.]+)")
NO_FIGURES = {"tests.docs.generated", "tests.rollouts.diagnosis.recorded", "tests.rollouts.screenshots"}


def bench(*words: str) -> subprocess.CompletedProcess:
    command = ["bash", str(ROOT / "scripts/bench.sh"), *words]
    return subprocess.run(command, env=clean_environ(), capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", TABLE)
def test_a_row_is_what_its_page_says(name):
    row = TABLE[name]
    command = row["command"].partition(" | ")[0]
    assert [fault for shown in commands(command.replace("$WORK", "WORK")) for fault in faults(shown)] == []
    last = command.rpartition("&& ")[2]
    named = re.search(r"(python -m [\w.]+|bash (?:scripts|examples)/[\w/]+\.sh)", last)[1]
    assert named in (ROOT / row["page"]).read_text(encoding="utf-8")


def test_what_a_page_measures_by_is_in_the_table():
    measured = {module for page in pages() for module in MODULE.findall(page.read_text(encoding="utf-8"))}
    listed = {module for row in TABLE.values() for module in MODULE.findall(row["command"])}
    assert measured - listed - NO_FIGURES == set()


def test_the_names_in_the_index_of_evidence_are_in_the_table():
    index = (ROOT / "docs/evidence/README.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in index.splitlines() if line.startswith("| ") and ".md" in line]
    named = [(name, cells[3]) for cells in rows for name in re.findall(r"`([\w-]+)`", cells[2])]
    assert len(named) >= len(rows) > 5
    assert [name for name, page in named if Path(TABLE[name]["page"]).name not in page] == []


def test_each_case_set_is_listed_with_its_state():
    readme = (ROOT / "benchmarks/README.md").read_text(encoding="utf-8")
    parts = [path for path in (ROOT / "benchmarks").rglob("*") if path.stem in ("open", "held_out")]
    sets = {path.parent.relative_to(ROOT / "benchmarks").as_posix() for path in parts}
    assert len(sets) >= 9
    assert [name for name in sorted(sets) if f"`{name}`" not in readme] == []


def test_what_is_kept_belongs_to_a_row():
    kept = {path.stem for path in (ROOT / "benchmarks/last").iterdir()}
    assert kept - set(TABLE) == set()
    assert "memory" in kept


def test_old_stands_beside_new():
    done = bench("memory")
    assert done.returncode == 0, done.stderr
    assert "bench: memory is as it was" in done.stdout
    assert len(re.findall(r"\| 7B \|", done.stdout)) == 2


def test_list_and_a_name_that_is_not_there():
    listed = bench("--list").stdout
    assert all(re.search(rf"^{name} ", listed, re.MULTILINE) for name in TABLE)
    wrong = bench("memroy")
    assert wrong.returncode == 2
    assert "there is no memroy" in wrong.stderr
