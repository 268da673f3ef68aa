"""A sweep of four tiny runs, struck at random moments and started again; then the same as a Slurm job array.

    python -m benchmarks.launch.sweep_kills output/demo_tiny            # OUTPUT_DIR of scripts/demo_tiny.sh
    python -m benchmarks.launch.sweep_kills output/demo_tiny --slurm    # Debian's packages of Slurm, not installed
    python -m benchmarks.launch.sweep_kills --stub [--slurm]            # a stand-in for the trainer, a second a step

Prints for each strike what it was and when, and the seconds until no process of the struck run was left; at the end the
starts and steps of each run. The exit code is 0 if each run is there once and has each step once.
"""

import argparse
import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

from swift_grpo.evaluation.runs.reading import found
from swift_grpo.formats.events import read_events
from swift_grpo.launch.checkpoints import steps
from swift_grpo.launch.sweep import Sweep, read
from swift_grpo.launch.sweep_runs import state
from tests.conftest import ROOT, clean_environ
from tests.e2e.slurm_cluster import Cluster
from tests.launch.sweep_stub import recipe

STRIKES = ("SIGKILL to the sweep", "SIGKILL to the trainer", "SIGKILL to the sweep", "Ctrl-C", "SIGKILL to the sweep")
SLURM_STRIKES = ("requeue", "SIGKILL to the task", "USR1, as before the time limit", "node lost")
LOADING, LATEST = 10.0, 120.0  # seconds: in which a strike hits a run that loads, and for its step at the latest
STEPS = 8
SWIFT_GRPO = str(Path(sys.executable).with_name("swift-grpo"))


def write(folder: Path, model: str, rows: Path, **settings: object) -> Path:
    """sweep.yaml in `folder`: the example with other paths and settings. `model`: a line, such as `MODEL: PATH`."""
    text = (ROOT / "examples/sweeps/two_cores.yaml").read_text()
    paths = {"SFT: output/demo_tiny/sft": model, "output/demo_tiny/data/train.jsonl": rows.resolve()}
    paths |= {"scripts/train": f"{ROOT}/scripts/train", "prompts/": f"{ROOT}/prompts/", "output/sweep": folder / "out"}
    for old, new in paths.items():
        text = text.replace(old, str(new))
    for name, value in settings.items():
        text = re.sub(rf"\b{name}: .*", f"{name}: {value}", text)
    (file := folder / "sweep.yaml").write_text(text)
    return file


def start(file: Path) -> subprocess.Popen:
    with file.with_name("log").open("ab") as log:
        words = [SWIFT_GRPO, "sweep", str(file)]
        return subprocess.Popen(words, stdout=log, stderr=log, env=clean_environ(), cwd=file.parent)


def begun(file: Path) -> int:
    """How many times a run was started."""
    return len(list(file.parent.glob("out/*/launches/*/run.json")))


def until(condition: Callable[[], object], seconds: float = 600) -> float:
    """The seconds until it holds."""
    since = time.monotonic()
    while not condition():
        if time.monotonic() - since > seconds:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.1)
    return time.monotonic() - since


def gone(processes: Iterable[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


def trainer(below: psutil.Process) -> psutil.Process | None:
    for process in below.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            words = " ".join(process.cmdline())
            if re.search(r"swift/cli/rlhf\.py|sweep_stub swift", words) and "launch.guard" not in words:
                return process
    return None


def moment(file: Path, chance: random.Random, before: int, ended: Callable[[], object]) -> str:
    """Wait until a run has started after the first `before`, and is at a random step; 0 is a moment while it loads."""
    until(lambda: begun(file) > before or ended())
    wanted, since = chance.randrange(STEPS), time.monotonic()
    if not wanted:
        time.sleep(chance.uniform(0, LOADING))
    until(lambda: trained(file) >= wanted or ended() or time.monotonic() - since > LATEST)
    return f"at step {trained(file)} of the run started last"


def trained(file: Path) -> int:
    """The last step of the run that was started last, 0 while it loads."""
    launch = max(file.parent.glob("out/*/launches/*/run.json"), key=lambda path: path.stat().st_mtime_ns)
    logs = [log for log in launch.parents[2].glob("v*/logging.jsonl") if log.stat().st_mtime > launch.stat().st_mtime]
    return max((event.step for log in logs for event in read_events(log)), default=0)


def struck(file: Path, chance: random.Random) -> None:
    """The strikes, each at a random moment of a run, with a new start after each that ended the sweep."""
    sweep, before = start(file), begun(file)
    for what in STRIKES:
        when = moment(file, chance, before, lambda sweep=sweep: sweep.poll() is not None)
        if sweep.poll() is not None:
            sweep = start(file)
            when = moment(file, chance, begun(file), lambda sweep=sweep: sweep.poll() is not None)
        tree = psutil.Process(sweep.pid)
        if "trainer" in what:
            until(lambda tree=tree: trainer(tree), 60)
        family, before = tree.children(recursive=True), begun(file)
        if "trainer" in what:
            trainer(tree).kill()
            print(f"{what}, {when}: the sweep goes on with the next run", flush=True)
            continue
        sweep.send_signal(signal.SIGINT if what == "Ctrl-C" else signal.SIGKILL)
        seconds = until(lambda family=family: gone(family))
        sweep.wait()
        print(f"{what}, {when}: {len(family)} processes of the run were gone after {seconds:.1f} s", flush=True)
        sweep = start(file)
    while (code := sweep.wait()) == 1:  # the run whose trainer was killed
        print("exit code 1: a run failed; the same command again", flush=True)
        sweep = start(file)
    print(f"exit code {code}")


def submit(file: Path, cluster: Cluster) -> None:
    """A job array of the runs that are left, two tasks at a time."""
    words = [SWIFT_GRPO, "sweep", str(file), "--slurm", "--", f"--array={','.join(map(str, left(file)))}%2"]
    subprocess.run(words, env=clean_environ() | cluster.environ, cwd=file.parent, capture_output=True, check=True)


def running(cluster: Cluster) -> list[list[str]]:
    """Task and node of what runs."""
    return [line.split() for line in cluster.run("squeue", "-h", "-r", "-t", "R", "-o", "%i %N").splitlines()]


def over(cluster: Cluster) -> bool:
    return not cluster.run("squeue", "-h").strip()


def array(file: Path, chance: random.Random, folder: Path) -> None:
    """The strikes on a job array, each at a random moment of a run."""
    with Cluster(folder, namespaces=False) as cluster:
        submit(file, cluster)
        before = 0
        for what in SLURM_STRIKES:
            when = moment(file, chance, before, lambda: over(cluster))
            until(lambda: running(cluster) or over(cluster))
            if over(cluster):
                break
            before = begun(file)
            task, node = chance.choice(running(cluster))
            if what == "requeue":
                cluster.run("scontrol", "requeue", task)
            elif "USR1" in what:
                cluster.run("scancel", "--signal=USR1", "--batch", task)
            elif what == "node lost":
                cluster.kill(int(node[1:]))  # and it stays away; the others take its tasks
            else:
                words = f"--only {task.rpartition('_')[2]}"
                for process in cluster.processes(int(node[1:])):
                    if words in " ".join(process.cmdline()):
                        process.kill()
            print(f"{what}, {when}: task {task}", flush=True)
        until(lambda: over(cluster), 1200)
        if left(file):
            print(f"runs {left(file)} are left; the same command again", flush=True)
            submit(file, cluster)
            until(lambda: over(cluster), 1200)


def left(file: Path) -> list[int]:
    return [index for index, run in enumerate(read(file).runs) if not state(run.folder).over]


def complete(plan: Sweep, last: int = STEPS) -> bool:
    """Prints what became of each run; whether each is there once, with each step once."""
    each, listed = [], found([plan.output])
    print("| run | starts | steps, in all its folders | steps of the run |\n|---|---|---|---|")
    for run in plan.runs:
        written = [event for log in run.folder.glob("**/logging.jsonl") for event in read_events(log)]
        kept = [event.step for event in steps(run.folder)]
        each.append(kept == list(range(1, last + 1)) and state(run.folder).kind == "done")
        starts, trained = len(list(run.folder.glob("launches/*/run.json"))), sum(one.kind == "train" for one in written)
        print(f"| {run.name} | {starts} | {trained} | {kept[0]} to {kept[-1]}, {len(kept)} |")
    print(f"runs that `swift-grpo runs` finds: {len(listed)}, {sorted({run.state for run in listed})}")
    return all(each) and len(listed) == len(plan.runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tiny", type=Path, nargs="?", help="OUTPUT_DIR of scripts/demo_tiny.sh; without it --stub")
    parser.add_argument("--stub", action="store_true")
    parser.add_argument("--slurm", action="store_true")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    asked = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    folder = Path(tempfile.mkdtemp(prefix="sweep-kills-"))
    print(f"logs in {folder}", flush=True)
    since = time.monotonic()
    if asked.stub:
        settings = "settings: {step_seconds: 1}\ngrid: {learning_rate: [1e-6, 8e-4]}\nseeds: [1, 2]\n"
        (file := folder / "sweep.yaml").write_text(f"recipe: {recipe(folder, ROOT)}\noutput: {folder}/out\n{settings}")
    elif asked.tiny:
        file = write(folder, f"SFT: {asked.tiny.resolve()}/sft", asked.tiny / "data/train.jsonl")
    else:
        parser.error("name the OUTPUT_DIR of scripts/demo_tiny.sh, or --stub")
    if asked.slurm:
        array(file, random.Random(asked.seed), folder / "cluster")
    else:
        struck(file, random.Random(asked.seed))
    whole = complete(read(file))
    print(f"{time.monotonic() - since:.0f} s; each run once and complete: {'yes' if whole else 'NO'}")
    sys.exit(0 if whole else 1)


if __name__ == "__main__":
    main()
