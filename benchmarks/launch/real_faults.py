"""The fault matrix with ms-swift, vLLM and DeepSpeed themselves, on a CPU: a run of the multi-card recipe a case, a minute each.

python -m benchmarks.launch.real_faults                                  # every process, killed and stopped while it trains
python -m benchmarks.launch.real_faults --phase checkpoint --target engine --signal SIGKILL --restarts 1
"""

import argparse
import getpass
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.launch.faults import SECONDS, TARGETS, Outcome
from swift_grpo.launch.checkpoints import steps
from tests.conftest import ROOT, clean_environ
from tests.e2e.conftest import SHORT, TINY

KEPT = (
    "out",
    f"torchinductor_{getpass.getuser()}",
)  # the run's own folder, and torch's compile cache, which is to outlive it
RUN = ["--per_device_train_batch_size", "4", "--gradient_accumulation_steps", "1", "--max_steps", "500"]
RUN += ["--vllm_max_model_len", "256", "--save_steps", "1"]


def _says(word: str) -> Callable[[psutil.Process], bool]:
    return lambda process: word in " ".join(process.cmdline())


def _rank(number: int) -> Callable[[psutil.Process], bool]:
    return lambda process: _says("cli/rlhf.py")(process) and process.environ().get("RANK") == str(number)


def _below_server(depth: int) -> Callable[[psutil.Process], bool]:
    """A process of multiprocessing so many below ms-swift's server: its worker, the engine, the engine's own worker.
    On a CPU they are forked and have its words, else they are spawned."""
    ours = re.compile(r"cli/rollout\.py|spawn_main|VLLM::")

    def found(process: psutil.Process) -> bool:
        line = [" ".join(one.cmdline()) for one in (process, *process.parents()[: depth + 1])]
        return len(line) == depth + 2 and all(map(ours.search, line[:-1])) and "swift rollout" in line[-1]

    return found


FIND: dict[str, Callable[[psutil.Process], bool]] = {
    "server guard": lambda p: _says("launch.guard")(p) and _says("swift rollout")(p),
    "server": _below_server(0),
    "worker": _below_server(1),
    "engine": _below_server(2),
    "trainer guard": lambda p: _says("launch.guard")(p) and _says("swift rlhf")(p),
    "torchrun": _says("torch.distributed.run"),
    "rank 0": _rank(0),
    "rank 1": _rank(1),
}


def _torn(folder: Path) -> bool:
    return any(not (one / "trainer_state.json").exists() for one in folder.glob("out/v*/checkpoint-*"))


def _said(folder: Path, log: str, word: str) -> bool:
    return any(word in path.read_text(errors="replace") for path in folder.glob(f"out/launches/*/{log}"))


PHASES: dict[str, Callable[[Path], bool]] = {
    "loading": lambda folder: True,  # as soon as the process is there
    "first sync": lambda folder: _said(folder, "rollout.log", "/init_communicator"),
    "training": lambda folder: any(path.stat().st_size for path in folder.glob("out/v*/logging.jsonl")),
    "checkpoint": _torn,
}


def find(run: psutil.Process, target: str) -> psutil.Process | None:
    if target == "launcher":
        return run
    for process in run.children(recursive=True):
        try:
            if FIND[target](process):
                return process
        except psutil.Error:
            continue
    return None


@dataclass(frozen=True)
class Case:
    target: str
    phase: str
    signal: str
    restarts: int = 0

    def begin(self, model: Path, folder: Path, max_steps: int) -> subprocess.Popen:
        words = ["bash", str(ROOT / "scripts/train_multi_gpu.sh"), *TINY, *SHORT, *RUN, "--max_steps", str(max_steps)]
        environ = {"DEVICE": "cpu", "GPUS": "0,1,2", "MODEL": str(model / "base"), "TMPDIR": str(folder)}
        environ |= {"DATASET": str(model / "train.jsonl"), "OUTPUT_DIR": str(folder / "out")}
        environ |= {"RESTARTS": str(self.restarts)}
        return subprocess.Popen(
            words, env=clean_environ() | environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


def outcome(case: Case, model: Path, max_steps: int) -> Outcome:
    """Start the recipe, bring it to the phase, send the signal, wait for the end; `message` has the cause."""
    folder = Path(tempfile.mkdtemp(prefix="real-faults-"))
    run = case.begin(model, folder, max_steps)
    family: list[psutil.Process] = []
    try:
        tree = psutil.Process(run.pid)
        deadline = time.monotonic() + 400
        while not ((process := find(tree, case.target)) and PHASES[case.phase](folder)):
            if time.monotonic() > deadline or run.poll() is not None:
                return Outcome(run.poll(), 0, "", f"did not reach {case.phase}: {_cause(folder)}")
            time.sleep(0.02)
        family += tree.children(recursive=True)
        os.kill(process.pid, signal.Signals[case.signal])
        return _end(case, run, family, folder)
    finally:
        run.kill()
        for process in _alive(family):
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _end(case: Case, run: subprocess.Popen, family: list[psutil.Process], folder: Path) -> Outcome:
    begun = time.monotonic()
    if (case.target, case.signal) == (
        "launcher",
        "SIGSTOP",
    ):  # Ctrl-Z: it is to stand still, and to be the master after it
        time.sleep(8)
        run.send_signal(signal.SIGTERM)
        run.send_signal(signal.SIGCONT)
    limit = 400 if case.restarts else 4 * SECONDS
    while (run.poll() is None or _alive(family)) and time.monotonic() - begun < limit:
        time.sleep(0.1)
    seconds = time.monotonic() - begun
    left = [f"process {p.pid}" for p in _alive(family)] + [p.name for p in folder.iterdir() if p.name not in KEPT]
    logged = [event.step for event in steps(folder / "out")] if PHASES["training"](folder) else []
    return Outcome(
        run.poll(),
        seconds,
        ", ".join(left),
        f"{_cause(folder)}; steps logged {len(logged)}, distinct {len(set(logged))}",
    )


def _cause(folder: Path) -> str:
    records = sorted(folder.glob("out/launches/*/run.json"))
    return json.loads(records[-1].read_text()).get("cause", "") if records else ""


def _alive(family: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", action="append", choices=TARGETS)
    parser.add_argument("--phase", action="append", choices=list(PHASES))
    parser.add_argument("--signal", action="append", choices=["SIGKILL", "SIGTERM", "SIGSTOP"])
    parser.add_argument("--restarts", type=int, default=0)
    parser.add_argument("--max-steps", type=int, default=500)
    asked = parser.parse_args()
    table = itertools.product(
        asked.target or TARGETS, asked.phase or ["training"], asked.signal or ["SIGKILL", "SIGSTOP"]
    )
    print(
        "| target | phase | signal | exit code | seconds | left | message |\n|---|---|---|---|---|---|---|", flush=True
    )
    late = 0
    with tempfile.TemporaryDirectory() as model:
        subprocess.run(["swift-grpo", "demo-data", model], check=True, capture_output=True)
        for words in table:
            end = outcome(Case(*words, asked.restarts), Path(model), asked.max_steps)
            late += bool(end.left) or end.code is None or (end.seconds > SECONDS and not asked.restarts)
            print(f"| {' | '.join(words)} | {end.code} | {end.seconds:.1f} | {end.left} | {end.message} |", flush=True)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
