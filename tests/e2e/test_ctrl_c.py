"""Ctrl-C at five moments of the multi-card recipe: afterwards `ps` shows what it showed before."""

import contextlib
import os
import signal
import subprocess
import time

import psutil
import pytest

from tests.conftest import ROOT, clean_environ
from tests.e2e.conftest import SHORT, TINY
from tests.e2e.imported import behind

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def of_this_run(folder: str) -> set[psutil.Process]:
    """Processes that name `folder` in their command line or environment, and vLLM's, which overwrite both."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = [*process.cmdline(), *process.environ().values()]
            ours = any(folder in word for word in words) or process.name().startswith("VLLM")
            if ours and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.add(process)
    return found


def engine_is_up(folder: str) -> None:
    deadline = time.monotonic() + 100
    while not any(process.name().startswith("VLLM") for process in of_this_run(folder)):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("moment", "then"),
    [
        (None, 0.1),  # the script is still working out cards and ports
        ("rollout server is loading", 0),  # the server has just been started
        ("rollout server is loading", engine_is_up),
        pytest.param("the trainer is loading", 10, marks=pytest.mark.cold),  # two ranks are importing, the server waits
        ("step 1/", 2),  # rollouts, weight sync and gradient steps
    ],
)
def test_ctrl_c_leaves_nothing(tiny, tmp_path, moment, then):
    before = of_this_run(str(tmp_path))
    flags = ["--max_steps", "500", "--per_device_train_batch_size", "4", "--gradient_accumulation_steps", "1"]
    flags += ["--vllm_max_model_len", "256"]
    with subprocess.Popen(
        ["bash", str(ROOT / "scripts/train_multi_gpu.sh"), "--compact", *TINY, *SHORT, *flags],
        env=clean_environ()
        | {"DEVICE": "cpu", "GPUS": "0,1,2", "MODEL": str(tiny / "base"), "DATASET": str(tiny / "train.jsonl")}
        | {"OUTPUT_DIR": str(tmp_path / "out")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as run:
        if moment:
            for line in run.stdout:
                if moment in line.decode():
                    break
        then(str(tmp_path)) if callable(then) else time.sleep(then)
        tree = psutil.Process(run.pid), behind(psutil.Process(run.pid))
        family = [*tree, *(process for one in tree for process in one.children(recursive=True))]
        try:
            assert of_this_run(str(tmp_path)) != before
            os.killpg(run.pid, signal.SIGINT)  # a terminal sends it to the whole foreground group
            assert run.wait(150) != 0
            # Before the launcher runs, bash may end a moment before the helper it was waiting for.
            deadline = time.monotonic() + 30
            while of_this_run(str(tmp_path)) != before and time.monotonic() < deadline:
                time.sleep(0.1)
            assert of_this_run(str(tmp_path)) == before
        finally:
            for process in family:  # a failure here must not leave a training behind
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
