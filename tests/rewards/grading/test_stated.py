"""benchmarks/grader/stated: kinds of answers that users of graders saw paid or refused wrongly; each row earns its verdict."""

import pytest

from benchmarks.grader.field import score as field
from tests.conftest import ROOT

ROWS = field.load(ROOT / "benchmarks/grader/stated/open.jsonl")


@pytest.mark.parametrize("kind", sorted({row["kind"] for row in ROWS}))
def test_rows_of_a_kind_earn_their_verdict(kind):
    judged = field.judged([row for row in ROWS if row["kind"] == kind])
    assert [(row["gold"], row["completion"], paid) for row, paid in judged if not field.is_right(row, paid)] == []


def test_there_are_enough_of_both():
    assert min(sum(row["expected"] is expected for row in ROWS) for expected in (True, False)) >= 200
    assert len({(str(row["gold"]), row["completion"]) for row in ROWS}) == len(ROWS)
