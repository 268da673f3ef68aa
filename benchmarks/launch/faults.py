"""The fault matrix: each process of a run, in each phase, gets each signal; how the run ends, when, and what is left.

Stub commands in the shape of ms-swift's processes (server, worker, engine; torchrun, two ranks) under the real launcher and
guards, so that the whole matrix takes minutes; tests/e2e/test_faults.py does a few of its cases with ms-swift and vLLM.

    python -m benchmarks.launch.faults                                  # everything, 8 at a time
    python -m benchmarks.launch.faults --target engine --signal SIGKILL
"""

import argparse
import collections
import itertools
import os
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

from swift_grpo.launch.scratch import PREFIX
from tests.launch.stubs import free_port, launch, record

SERVER_SIDE = ("server guard", "server", "engine", "worker")
TRAINER_SIDE = ("trainer guard", "torchrun", "rank 0", "rank 1")
TARGETS = ("launcher", *SERVER_SIDE, *TRAINER_SIDE)
PHASES = ("loading", "first sync", "generating", "gradient", "checkpoint")
SIGNALS = ("SIGKILL", "SIGTERM", "SIGSTOP")
SECONDS = 15  # in which everything has to be gone

# its children are there before it listens, as ms-swift's are; loading, it looks whether they live (`lifespan` in rollout.py)
SERVER = """
import http.server, pathlib, subprocess, sys, time
me, phase = pathlib.Path(sys.argv[1]), sys.argv[2]
children = {name: subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)', kind, str(me)])
            for name, kind in (('worker', 'spawn_main'), ('engine', 'VLLM::EngineCore'))}
for name, child in children.items(): (me / name).write_text(str(child.pid))
(me / 'server').write_text(str(__import__('os').getpid()))
while phase == 'server loading':
    if any(child.poll() is not None for child in children.values()): sys.exit('a worker exited unexpectedly')
    time.sleep(0.1)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/infer/': time.sleep(300)
        self.send_response(200)
        self.end_headers()
    def log_message(self, *words): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[-1])), Answer).serve_forever()
"""
# torchrun: its ranks in sessions of their own; one that fails ends all
TORCHRUN = """
import pathlib, subprocess, sys, time
me = pathlib.Path(sys.argv[1])
ranks = [subprocess.Popen([sys.executable, '-c', RANK, *sys.argv[1:], str(n)], start_new_session=True) for n in (0, 1)]
for n, rank in enumerate(ranks): (me / f'rank {n}').write_text(str(rank.pid))
(me / 'torchrun').write_text(str(__import__('os').getpid()))
while True:
    time.sleep(0.1)
    if failed := [rank for rank in ranks if rank.poll()]:
        for rank in ranks: rank.kill()
        print(f'RuntimeError: a rank failed, exitcode : {failed[0].returncode}', flush=True)
        sys.exit(1)
"""
RANK = """
import pathlib, sys, time, urllib.request
me, phase, port, rank = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[-1]
if phase == 'generating' and rank == '0': urllib.request.urlopen(f'http://127.0.0.1:{port}/infer/')
if phase == 'checkpoint' and rank == '0': (me / 'out' / 'checkpoint-1').mkdir(parents=True)
for turn in range(10**9):
    if phase == 'gradient': sum(range(10_000))
    if phase == 'checkpoint' and rank == '0': (me / 'out' / 'checkpoint-1' / str(turn % 9)).write_bytes(bytes(10_000))
    time.sleep(0.02)
"""


@dataclass(frozen=True)
class Outcome:
    """How one case ended. `left`: processes, temporary folders, '' if nothing."""

    code: int | None
    seconds: float
    left: str
    message: str

    @property
    def clean(self) -> bool:
        return self.code not in (None, 0) and self.seconds <= SECONDS and not self.left


def case(target: str, phase: str, number: str) -> Outcome:
    """Start a run, bring it to the phase, send the signal, wait for the end."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        return _case(folder, target, phase, signal.Signals[number])
    finally:
        for process in _ours(folder):
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _case(folder: Path, target: str, phase: str, number: signal.Signals) -> Outcome:
    port = str(free_port())
    loading = "server loading" if phase == "loading" and target not in TRAINER_SIDE else phase
    server = [sys.executable, "-c", SERVER, str(folder), loading, "--host", "127.0.0.1", "--port", port]
    code = f"RANK = {RANK!r}\n{TORCHRUN}"
    trainer = [sys.executable, "-c", code, str(folder), phase, port, "--output_dir", str(folder / "out")]
    run = launch(folder, server, trainer)
    needed = ("server", "worker", "engine") if loading == "server loading" else ("engine", "torchrun", "rank 1")
    deadline = time.monotonic() + 60
    while not all((folder / name).exists() and (folder / name).read_text() for name in needed):
        if time.monotonic() > deadline or run.poll() is not None:
            run.terminate()
            return Outcome(run.wait(), 0, "", f"did not reach {phase}: {run.stderr.read()}")
        time.sleep(0.05)
    time.sleep(0.5)
    scratch = {path for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if _uses(run.pid, path)}
    os.kill(_pid(folder, run.pid, target), number)
    if (target, number) == (
        "launcher",
        signal.SIGSTOP,
    ):  # Ctrl-Z: it is to stand still, and to be the master again after it
        time.sleep(8)
        assert run.poll() is None and all(process.is_running() for process in _ours(folder))
        run.send_signal(signal.SIGTERM)
        run.send_signal(signal.SIGCONT)
    begun = time.monotonic()
    while (run.poll() is None or _ours(folder)) and time.monotonic() - begun < 2 * SECONDS:
        time.sleep(0.1)
    seconds = time.monotonic() - begun
    left = [f"process {p.pid}" for p in _ours(folder)] + [str(path) for path in scratch if path.exists()]
    code = run.poll()
    run.kill()
    message = record(folder).get("cause", "") if code is not None else "goes on"
    return Outcome(code, seconds, ", ".join(left), message)


def _pid(folder: Path, launcher: int, target: str) -> int:
    if target == "launcher":
        return launcher
    if target.endswith(" guard"):
        child = int((folder / ("server" if target == "server guard" else "torchrun")).read_text())
        return psutil.Process(child).ppid()
    return int((folder / target).read_text())


def _uses(launcher: int, scratch: Path) -> bool:
    """Whether the guards of this launcher work in that folder."""
    return any(child.environ().get("TMPDIR") == str(scratch) for child in psutil.Process(launcher).children())


def _ours(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", action="append", choices=TARGETS)
    parser.add_argument("--phase", action="append", choices=PHASES)
    parser.add_argument("--signal", action="append", choices=SIGNALS)
    parser.add_argument("--at-once", type=int, default=8)
    asked = parser.parse_args()
    cases = list(itertools.product(asked.target or TARGETS, asked.phase or PHASES, asked.signal or SIGNALS))
    print(
        "| target | phase | signal | exit code | seconds | left | message |\n|---|---|---|---|---|---|---|", flush=True
    )
    with ThreadPoolExecutor(asked.at_once) as pool:
        outcomes = []
        for (target, phase, number), end in zip(cases, pool.map(lambda one: case(*one), cases), strict=True):
            outcomes.append(end)
            print(
                f"| {target} | {phase} | {number} | {end.code} | {end.seconds:.1f} | {end.left} | {end.message} |",
                flush=True,
            )
    print_summary(cases, outcomes)
    clean = [end.seconds for end in outcomes if end.clean]
    print(
        f"\n{len(clean)} of {len(outcomes)} ended with nothing left in {SECONDS} s, the slowest in {max(clean, default=0):.1f}"
    )
    return 0 if len(clean) == len(outcomes) else 1


def print_summary(cases: list[tuple[str, str, str]], outcomes: list[Outcome]) -> None:
    """One row for each target and signal, over all phases."""
    rows = collections.defaultdict(list)
    for (target, _, number), end in zip(cases, outcomes, strict=True):
        rows[target, number].append(end)
    print("\n| target | signal | exit code | seconds | left | last message |\n|---|---|---|---|---|---|")
    for (target, number), ends in rows.items():
        codes = ", ".join(sorted({str(end.code) for end in ends}))
        seconds = sorted(end.seconds for end in ends)
        left = ", ".join(end.left for end in ends if end.left) or "nothing"
        print(
            f"| {target} | {number} | {codes} | {seconds[0]:.1f} to {seconds[-1]:.1f} | {left} | {ends[-1].message} |"
        )


if __name__ == "__main__":
    sys.exit(main())
