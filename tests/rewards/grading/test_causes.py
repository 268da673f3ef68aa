"""The open rows of the eleven causes keep their verdicts; the held-out ones, scored often, by their sum."""

import pytest

from benchmarks.grader.causes import score as causes

pytestmark = pytest.mark.slow

LEFT_WRONG = {"c1-069", "c1-070"}  # a limit that sympy finds within its budget on a fast CPU alone: left out on others


def test_the_open_rows():
    rows = causes.load()
    wrong = {
        row["id"] for row, verdict in zip(rows, causes.verdicts(rows), strict=True) if not causes.is_right(row, verdict)
    }
    assert wrong <= LEFT_WRONG


def test_the_held_out_rows_by_their_sum():
    """214 of 225 on a quiet machine; on a busy one a few more end over their CPU budget, which is None."""
    rows = causes.load(held_out=True)
    judged = zip(rows, causes.verdicts(rows), strict=True)
    assert sum(causes.is_right(*pair) or pair[1] is None for pair in judged) >= 214
