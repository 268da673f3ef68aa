"""Threads and number format of a run on a CPU, for `DEVICE=cpu` without OMP_NUM_THREADS or DTYPE."""

import functools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

NATIVE = {"amx_bf16", "avx512_bf16"}  # of /proc/cpuinfo: the CPU multiplies bfloat16 itself
WORTHWHILE = 1.5  # times as fast as float32; below it the conversions around each product cost more than the gain
SHAPE = (256, 576, 1536)  # rows, inputs, outputs: a layer of SmolLM2-135M
SECONDS = 1.0  # of measuring
SITE = Path(__file__).parent / "site"


@dataclass(frozen=True)
class Settings:
    """`threads` of each process of a run, `dtype` of its matrix products, and why."""

    threads: int
    dtype: str
    reason: str

    def __str__(self) -> str:
        threads = f"{self.threads} thread{'s' if self.threads > 1 else ''}"
        return f"cpu: {threads} a process, {self.dtype} ({self.reason}); OMP_NUM_THREADS and DTYPE override"

    def variables(self) -> list[str]:
        """NAME=VALUE of the environment variables of a process of the run, for `env`.

        site/ replaces code that needs a GPU (bridges.py). VLLM_PLUGINS disables ms-swift's vLLM plugin, which imports
        torchvision. Waiting threads spin for a moment (GOMP_SPINCOUNT) and then sleep: a spinning thread takes the core
        from the one it waits for, and on a busy machine two threads are then several times slower than one.
        """
        path = os.environ.get("PYTHONPATH", "")
        found = [f"PYTHONPATH={SITE}{':' + path if path else ''}", "VLLM_PLUGINS=none", "VLLM_CPU_KVCACHE_SPACE=1"]
        found += [f"OMP_NUM_THREADS={self.threads}", "OMP_WAIT_POLICY=PASSIVE", "GOMP_SPINCOUNT=20000"]
        return [*found, "CUDA_VISIBLE_DEVICES="]


def settings(
    processes: int, environ: dict[str, str] | None = None, measure: Callable[[], float] | None = None
) -> Settings:
    """Settings for `processes` processes that compute at the same time. `measure`: see `bfloat16_speed`.

    Raises ValueError for a DTYPE other than float32 and bfloat16, and for threads that are not a positive number.
    """
    environ = dict(os.environ) if environ is None else environ
    cores = len(os.sched_getaffinity(0))
    threads = environ.get("OMP_NUM_THREADS") or str(max(1, cores // processes))
    if not threads.isdecimal() or not int(threads):
        raise ValueError(f"OMP_NUM_THREADS={threads} is not a positive number; leave it unset for {cores} cores")
    dtype = environ.get("DTYPE")
    if dtype:
        if dtype not in ("float32", "bfloat16"):
            raise ValueError(f"DTYPE={dtype} is not known; use float32 or bfloat16")
        return Settings(int(threads), dtype, "DTYPE")
    return Settings(int(threads), *_format(measure or bfloat16_speed))


def _format(measure: Callable[[], float]) -> tuple[str, str]:
    if not NATIVE & set(cpu_flags()):
        return "float32", "this CPU has no bfloat16 products"
    speed = measure()
    return "bfloat16" if speed >= WORTHWHILE else "float32", f"bfloat16 measured at {speed:.1f} x float32"


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> list[str]:
    """The first core's flags; [] if the system does not list them."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return []
    return next((line.split(":", 1)[1].split() for line in lines if line.startswith("flags")), [])


@functools.cache
def bfloat16_speed() -> float:
    """The speed of bfloat16 products relative to float32 on one thread of this CPU; takes about `SECONDS`."""
    import torch

    torch.set_num_threads(1)
    rows, inputs, outputs = SHAPE
    operands = [
        (torch.rand(rows, inputs, dtype=d), torch.rand(outputs, inputs, dtype=d))
        for d in (torch.float32, torch.bfloat16)
    ]
    best = [float("inf"), float("inf")]
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        for i, (x, weight) in enumerate(operands):  # in turn: a busy machine slows both
            start = time.perf_counter()
            torch.nn.functional.linear(x, weight)
            best[i] = min(best[i], time.perf_counter() - start)
    return best[0] / best[1]
