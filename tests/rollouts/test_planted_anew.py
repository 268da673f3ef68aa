"""The generator of the held-out runs writes logs that reconcile. Kinds are taken by their place, so that this page names none."""

import json

import pytest

from benchmarks.diagnosis.second.__main__ import write
from benchmarks.diagnosis.second.measures import logs, unreconciled
from benchmarks.diagnosis.second.sorts import load


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """`(tables, rows, args)` of a healthy run of a few steps, each of them logged."""
    sort = next(sort for sort in load().values() if not sort.accepted)
    folder = tmp_path_factory.mktemp("anew")
    entry = write(folder, sort, None, seed=1, steps=12)
    assert entry["steps"] == 12
    return logs(folder / entry["run"])


def test_log_follows_from_texts(written):
    tables, rows, args = written
    assert len(tables) == len(rows) == 12
    assert {len(column) for column in tables[0].values()} == {len(tables[0]["step"])}
    assert args["logging_steps"] == 1
    assert unreconciled(tables, rows, args) == []


@pytest.mark.parametrize("spoil", ["advantages", "reward"])
def test_a_log_that_does_not_follow_is_seen(written, spoil):
    tables, rows, args = json.loads(json.dumps(written))
    if spoil == "advantages":
        tables[3]["advantages"][0] += 1.0
    else:
        rows[3]["reward"] += 0.1
    assert unreconciled(tables, rows, args)


def test_every_kind_is_ill_or_sound():
    sorts = load().values()
    assert sum(bool(sort.accepted) for sort in sorts) >= 22
    assert sum(not sort.accepted for sort in sorts) >= 18
    assert all(len(sort.accepted) <= 3 for sort in sorts)
