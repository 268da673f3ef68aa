"""One GRPO run by scripts/train.slurm on the Slurm of slurm_cluster.py through one fault after another, and what became of it.

    python -m benchmarks.launch.slurm_faults rank link node server     # in this order; needs root (hosts are network namespaces)
    python -m benchmarks.launch.slurm_faults                           # none: the unbroken run

Prints for each fault the seconds until the first launcher had ended and said why, until Slurm had the job back in the queue, and
until it trained again; at the end the steps of the stitched log. docs/several_machines.md has a run of it.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from swift_grpo.launch.checkpoints import steps
from tests.conftest import ROOT, clean_environ
from tests.e2e.conftest import SHORT, TINY
from tests.e2e.slurm_cluster import Cluster

BATCH = ["--per_device_train_batch_size", "4", "--gradient_accumulation_steps", "1", "--save_steps", "2"]
SERVED = ["--vllm_max_model_len", "256"]
EVERY = 4  # steps between faults
FAR = 1800


class Job:
    """A submitted run, its output in `folder`."""

    def __init__(
        self, cluster: Cluster, tiny: Path, folder: Path, *flags: str, hold: bool = False, **environ: str
    ) -> None:
        self.cluster, self.folder, self.log = cluster, folder, folder / "log"
        settings = {"DEVICE": "cpu", "GPUS": "0", "MODEL": f"{tiny}/base", "DATASET": f"{tiny}/train.jsonl"}
        settings |= {"OUTPUT_DIR": f"{folder}/out"}
        done = subprocess.run(
            [
                "sbatch",
                *(["--hold"] if hold else []),
                "--parsable",
                "--output",
                self.log,
                "scripts/train.slurm",
                *TINY,
                *SHORT,
                *BATCH,
                *SERVED,
                *flags,
            ],
            cwd=ROOT,
            env=clean_environ() | cluster.environ | settings | environ,
            capture_output=True,
            text=True,
            check=True,
        )
        self.id = done.stdout.strip()

    def wait(self, condition: Callable[[], object], seconds: float = FAR) -> float:
        return self.cluster.until(lambda: condition() or self.over(), seconds)

    def over(self) -> bool:
        return self.cluster.state(self.id) in {"COMPLETED", "FAILED", "CANCELLED"}

    def trained(self) -> int:
        """The last step in any log."""
        lines = [line for log in self.folder.glob("out/v*/logging.jsonl") for line in log.read_text().splitlines()]
        found = [json.loads(line).get("global_step/max_steps", "0") for line in lines if line.endswith("}")]
        return max((int(step.split("/")[0]) for step in found), default=0)

    def starts(self) -> int:
        return len(list(self.folder.glob("out/v*/logging.jsonl")))

    def causes(self) -> dict[str, str]:
        """Folder of a launcher -> why it ended, of those that said so."""
        said = {}
        for path in sorted(self.folder.glob("out/launches/*/run.json")):
            run = json.loads(path.read_text())
            if "cause" in run:
                said[path.parent.name] = run["cause"]
        return said


def rank_of(cluster: Cluster, node: int) -> psutil.Process:
    """The newest training process of a node, not torchrun."""
    words = {p: " ".join(p.cmdline()) for p in cluster.processes(node) if p.status() != psutil.STATUS_ZOMBIE}
    ranks = [p for p, line in words.items() if "swift/cli/rlhf.py" in line and "torch.distributed.run" not in line]
    return max(ranks, key=lambda p: p.create_time())


FAULTS: dict[str, tuple[str, Callable[[Cluster], None], Callable[[Cluster], None]]] = {
    "rank": ("SIGKILL to the second node's rank", lambda c: rank_of(c, 2).kill(), lambda c: None),
    "link": ("the second node's link cut", lambda c: c.cut(2), lambda c: c.mend(2)),
    "node": ("every process of the second node killed", lambda c: c.kill(2), lambda c: c.start_node(2)),
    "server": ("every process of the server's node killed", lambda c: c.kill(3), lambda c: c.start_node(3)),
}


def main() -> None:
    faults = sys.argv[1:]
    folder = Path(tempfile.mkdtemp(prefix="slurm-faults-"))
    subprocess.run(["swift-grpo", "demo-data", str(folder / "tiny")], check=True, capture_output=True)
    print(f"logs in {folder}", flush=True)
    last = EVERY * (len(faults) + 1)
    with Cluster(folder / "cluster", namespaces=True) as cluster:
        begun = time.monotonic()
        job = Job(cluster, folder / "tiny", folder, "--max_steps", str(last), RESTARTS="1", REQUEUES="9")
        for number, name in enumerate(faults):
            title, strike, mend = FAULTS[name]
            job.wait(lambda wanted=EVERY * (number + 1) - 1, n=number: job.starts() > n and job.trained() >= wanted)
            before, starts, at = job.causes(), job.starts(), job.trained()
            strike(cluster)
            print(f"\n{title}, at step {at}", flush=True)
            hit = time.monotonic()
            job.wait(lambda before=before: len(job.causes()) > len(before))
            print(f"  {time.monotonic() - hit:5.1f} s: the first launcher had ended and said why", flush=True)
            job.wait(lambda s=starts: job.starts() > s or cluster.state(job.id) != "RUNNING")
            print(
                f"  {time.monotonic() - hit:5.1f} s: {cluster.state(job.id)}, {cluster.restarts(job.id)} requeues",
                flush=True,
            )
            mend(cluster)
            job.wait(lambda s=starts: job.starts() > s)
            print(f"  {time.monotonic() - hit:5.1f} s: trains again", flush=True)
            for launcher, cause in job.causes().items():
                if launcher not in before:
                    print(f"    {launcher}: {cause[:200]}", flush=True)
        job.wait(job.over)
        print(f"\n{cluster.state(job.id)} after {time.monotonic() - begun:.0f} s, {cluster.restarts(job.id)} requeues")
        print("steps in the stitched log:", [event.step for event in steps(folder / "out")])


if __name__ == "__main__":
    main()
