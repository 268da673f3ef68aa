"""Runs to look at, and a cache folder of their own."""

from pathlib import Path

import pytest

from benchmarks.diagnosis.own.illnesses import KLBlowup
from benchmarks.diagnosis.own.synthetic import Run
from tests.rollouts.hostile import write_hostile


@pytest.fixture(scope="package", autouse=True)  # other folders' tests want the cache with ms-swift's flags in it
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory) -> Path:
    return write_hostile(tmp_path_factory.mktemp("runs") / "hostile <b>run")


@pytest.fixture(scope="session")
def healthy_run(tmp_path_factory) -> Path:
    return Run().write(tmp_path_factory.mktemp("runs") / "healthy")


@pytest.fixture(scope="session")
def blown_up_run(tmp_path_factory) -> Path:
    return KLBlowup().write(tmp_path_factory.mktemp("runs") / "blown_up")
