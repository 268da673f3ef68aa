"""Threads and number format on a CPU: what is measured, what is given, what is refused."""

import os

import pytest

from swift_grpo.cpu import settings as cpu
from swift_grpo.cpu.settings import settings

CORES = len(os.sched_getaffinity(0))


@pytest.fixture
def native(monkeypatch):
    monkeypatch.setattr(cpu, "cpu_flags", lambda: ["fpu", "amx_bf16"])


def test_the_processes_of_a_run_share_the_cores(native):
    assert settings(1, {}, lambda: 4.0).threads == CORES
    assert settings(CORES + 1, {}, lambda: 4.0).threads == 1


@pytest.mark.parametrize(("speed", "dtype"), [(4.0, "bfloat16"), (1.5, "bfloat16"), (1.4, "float32"), (0.3, "float32")])
def test_bfloat16_only_where_the_measurement_agrees(native, speed, dtype):
    found = settings(1, {}, lambda: speed)
    assert found.dtype == dtype
    assert f"{speed} x float32" in str(found)


def test_a_cpu_without_bfloat16_is_not_measured(monkeypatch):
    monkeypatch.setattr(cpu, "cpu_flags", lambda: ["fpu", "avx2"])
    assert settings(1, {}, pytest.fail).dtype == "float32"


def test_what_is_given_wins_and_nothing_is_measured(native):
    found = settings(1, {"OMP_NUM_THREADS": "3", "DTYPE": "float32"}, pytest.fail)
    assert (found.threads, found.dtype) == (3, "float32")


@pytest.mark.parametrize(
    "environ", [{"DTYPE": "float16"}, {"OMP_NUM_THREADS": "0"}, {"OMP_NUM_THREADS": "two"}, {"OMP_NUM_THREADS": "-1"}]
)
def test_what_cannot_be_is_refused_by_name(native, environ):
    with pytest.raises(ValueError, match=next(iter(environ))):
        settings(1, environ, lambda: 1.0)


def test_flags_of_a_cpu(tmp_path):
    (tmp_path / "cpuinfo").write_text("processor : 0\nflags\t\t: fpu avx512_bf16\n\nprocessor : 1\nflags : other\n")
    assert cpu.cpu_flags(tmp_path / "cpuinfo") == ["fpu", "avx512_bf16"]
    assert cpu.cpu_flags(tmp_path / "absent") == []


@pytest.mark.slow
def test_the_measurement_measures():
    assert 0.01 < cpu.bfloat16_speed() < 100
