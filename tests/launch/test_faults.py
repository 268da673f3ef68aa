"""A quick part of the fault matrix (faults.py): each process of a run once, each signal, each phase."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.launch.faults import PHASES, SERVER_SIDE, SIGNALS, TRAINER_SIDE, case

PART = [
    (target, PHASES[number % len(PHASES)], SIGNALS[number % 3])
    for number, target in enumerate((*SERVER_SIDE, *TRAINER_SIDE))
] + [("launcher", "gradient", "SIGKILL")]


@pytest.mark.e2e
def test_whatever_dies_nothing_is_left():
    with ThreadPoolExecutor(len(PART)) as pool:
        ends = dict(zip(PART, pool.map(lambda one: case(*one), PART), strict=True))
    assert {one: end for one, end in ends.items() if end.left or end.code in (None, 0)} == {}
