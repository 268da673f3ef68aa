"""scripts/train_multi_gpu.sh on the machines of NODES, and scripts/train.slurm: who does what, and what is refused.

What they do on several hosts: tests/e2e/test_slurm.py."""

import os
import shlex
import subprocess

import pytest

from benchmarks.preflight.field.score import stand_in
from tests.conftest import ROOT, clean_environ

pytestmark = pytest.mark.slow

THREE = "10.0.0.1 10.0.0.2 10.0.0.3"


def commands(output: str) -> list[list[str]]:
    blocks = [block for block in output.strip().split("\n\n") if "swift r" in block]
    return [shlex.split(block.replace("\\\n", " ")) for block in blocks]


def flag(words: list[str], name: str) -> list[str]:
    """The values after the last flag of that name."""
    values = words[len(words) - words[::-1].index(name) :]
    return values[: next((i for i, word in enumerate(values) if word.startswith("--")), len(values))]


def variables(words: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words[1 : words.index("swift")])


@pytest.mark.parametrize(
    ("environ", "servers", "trainers", "ranks", "serving"),
    [
        ({"NODES": THREE}, ["10.0.0.3"], 2, 8, "0,1,2,3"),
        ({"NODES": THREE, "SERVERS": "2"}, ["10.0.0.2", "10.0.0.3"], 1, 4, "0,1,2,3"),
        ({"NODES": THREE, "SERVE_GPUS": "2,3"}, ["10.0.0.3"], 3, 10, "2,3"),
        ({"NODES": "10.0.0.1 10.0.0.2", "SERVERS": "2", "SERVE_GPUS": "3"}, ["10.0.0.1", "10.0.0.2"], 2, 6, "3"),
    ],
)
def test_who_does_what(script, tmp_path, environ, servers, trainers, ranks, serving):
    path = f"{stand_in(tmp_path / 'bin', 4)}:{os.environ['PATH']}"
    done = script("train_multi_gpu", "--dry-run", "--max_steps", "3", GPUS="0,1,2,3", PORT="7000", PATH=path, **environ)
    *rollouts, train = commands(done.stdout)
    assert [flag(words, "--host") for words in rollouts] == [[address] for address in servers]
    for words, address in zip(rollouts, servers, strict=True):
        assert variables(words)["WEIGHT_SYNC_ADDRESS"] == f"{address}:7003"
        assert variables(words)["CUDA_VISIBLE_DEVICES"] == serving
        assert flag(words, "--vllm_data_parallel_size") == [str(len(serving.split(",")))]
    assert flag(train, "--vllm_server_host") == servers
    assert flag(train, "--vllm_server_port") == ["7002"] * len(servers)
    assert flag(train, "--vllm_server_group_port") == ["7003"] * len(servers)
    said = variables(train)
    assert (said["NNODES"], said["MASTER_ADDR"], said["MASTER_PORT"]) == (str(trainers), "10.0.0.1", "7000")
    assert said["SWIFT_GRPO_RANKS"] == str(ranks)
    accumulation = int(flag(train, "--gradient_accumulation_steps")[0])
    assert ranks * accumulation % 7 == 0 and ranks * accumulation >= 14
    assert flag(train, "--max_steps") == ["3"]
    assert (
        "is wanted twice" not in done.stderr
        and "is used by" not in done.stderr
        and "completions, which is not a multiple" not in done.stderr
    )


def test_the_machine_that_serves_and_trains_has_fewer_ranks(script):
    for node, ranks in (("0", "4"), ("2", "2")):
        done = script("train_multi_gpu", "--dry-run", NODES=THREE, SERVE_GPUS="2,3", GPUS="0,1,2,3", NODE=node)
        said = variables(commands(done.stdout)[-1])
        assert (said["NODE_RANK"], said["NPROC_PER_NODE"], said["SWIFT_GRPO_RANKS"]) == (node, ranks, "10")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"NODES": "10.0.0.1"}, "name all of them by their addresses"),
        ({"NODES": THREE, "SERVERS": "3"}, "none is left to train"),
        ({"NODES": THREE, "SERVERS": "4"}, "SERVERS=4 is not a number from 1 to the 3 machines"),
        ({"NODES": THREE, "SERVERS": "0"}, "SERVERS=0 is not a number"),
        ({"NODES": THREE, "SERVE_GPUS": "4"}, "SERVE_GPUS=4 names card 4, which is not in GPUS=0,1,2,3"),
        ({"NODES": THREE, "VLLM": "colocate"}, "on all cards of one machine"),
        ({"NODES": THREE, "PORT": "70000"}, "PORT=70000 is not a port"),
        ({"NODES": "203.0.113.1 203.0.113.2"}, "none of 203.0.113.1 203.0.113.2 is an address of"),
        ({"NODES": "127.0.0.1 203.0.113.2", "NODE": "1"}, "203.0.113.2 is no address of"),
        ({"NODES": "127.0.0.1 localhost"}, "'localhost' is not an IPv4 address"),
        ({"NODES": "127.0.0.1 127.0.0.1", "NODE": "0"}, "the same address"),
    ],
)
def test_mistakes_end_with_one_line_and_code_2(script, environ, said):
    done = script("train_multi_gpu", GPUS="0,1,2,3", **environ)
    assert (done.returncode, said in done.stderr, len(done.stderr.splitlines())) == (2, True, 1), done.stderr


# ---- Slurm
def train_slurm(tmp_path, *flags: str, **environ: str) -> subprocess.CompletedProcess:
    words = ["bash", str(ROOT / "scripts/train.slurm"), *flags]
    return subprocess.run(
        words, cwd=tmp_path, env=clean_environ() | environ, capture_output=True, text=True, timeout=120
    )


def test_help_of_the_job(tmp_path):
    done = train_slurm(tmp_path, "--help")
    assert done.returncode == 0 and "sbatch" in done.stdout and "Variables" in done.stdout


def test_a_dry_run_of_the_job_shows_all_that_would_run(tmp_path):
    path = f"{stand_in(tmp_path / 'bin', 8)}:{os.environ['PATH']}"  # each machine has cards of the same numbers
    done = train_slurm(tmp_path, "--dry-run", "--max_steps", "3", GPUS="0,1", SLURM_NNODES="4", SERVERS="2", PATH=path)
    assert (done.returncode, "is used by" in done.stderr, "is wanted twice" in done.stderr) == (0, False, False), (
        done.stderr
    )
    assert "# node 3: 10.0.0.4" in done.stdout and "srun " in done.stdout
    *rollouts, train = commands(done.stdout.split("which runs\n\n")[1])
    assert [flag(words, "--host") for words in rollouts] == [["10.0.0.3"], ["10.0.0.4"]]
    assert flag(train, "--callbacks") == ["graceful_exit"] and flag(train, "--max_steps") == ["3"]


def test_the_job_is_for_sbatch(tmp_path):
    done = train_slurm(tmp_path)
    assert done.returncode == 2 and "start it with sbatch" in done.stderr
    done = train_slurm(tmp_path, SLURM_JOB_ID="1", SLURM_SUBMIT_DIR=str(tmp_path))
    assert done.returncode == 2 and "submit it from the repository" in done.stderr


STUBS = {
    "scontrol": """
case $1 in
  show)
    if [[ $2 == hostnames ]]; then printf 'a\\nb\\nc\\n'; exit; fi
    echo "NodeName=$4 Arch=x NodeAddr=127.0.0.$(printf %d "'$4") NodeHostName=h"
    ;;
  requeue) echo "requeued $2" ;;
esac""",
    "srun": """
if [[ $* == *"swift-grpo address"* ]]; then printf '2: 10.1.0.3\\n0: 10.1.0.1\\n1: 10.1.0.2\\n'; exit; fi
echo "NODES=$NODES PORT=$PORT RESUME=${RESUME:-} RUN=$SWIFT_GRPO_RUN"
if [[ -n $OTHERS_CODE ]]; then echo "$OTHERS_CODE" >"$STATE/code-1"; fi
if [[ -n $FIRST_CODE ]]; then echo "$FIRST_CODE" >"$STATE/code-0"; fi
exit 0""",
}


@pytest.fixture
def job(tmp_path):
    """The batch script as slurmd starts it, with stubs of scontrol and of srun, whose exit code is 0 whatever happens."""
    for name, text in STUBS.items():
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/usr/bin/env bash\n{text}\n")
        path.chmod(0o755)

    def run(**environ: str) -> subprocess.CompletedProcess:
        slurm = {
            "SLURM_JOB_ID": "903",
            "SLURM_SUBMIT_DIR": str(ROOT),
            "SLURM_JOB_NODELIST": "x",
            "FIRST_CODE": "",
            "OTHERS_CODE": "",
        }
        return train_slurm(tmp_path, **slurm | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"} | environ)

    return run


def test_addresses_come_from_slurm_or_from_an_interface(job):
    assert "NODES=127.0.0.97 127.0.0.98 127.0.0.99 PORT=20030 RESUME= RUN=903.0" in job(FIRST_CODE="0").stdout
    assert "NODES=10.1.0.1 10.1.0.2 10.1.0.3 PORT=20030" in job(INTERFACE="ib0", FIRST_CODE="0").stdout


@pytest.mark.parametrize(
    ("code", "restarts", "ends", "requeued"),
    [
        ("0", "0", 0, False),
        ("", "0", 0, True),  # srun says 0 and the first launcher nothing: its node is gone
        ("1", "0", 0, True),
        ("1", "3", 1, False),  # REQUEUES
        ("2", "0", 2, False),  # a mistake, which would be the same again
        ("143", "1", 0, True),  # Slurm stopped it since another node had failed
    ],
)
def test_what_becomes_of_a_job(job, code, restarts, ends, requeued):
    done = job(FIRST_CODE=code, SLURM_RESTART_COUNT=restarts)
    assert (done.returncode, "requeued 903" in done.stdout) == (ends, requeued), done.stdout + done.stderr
    assert ("RESUME=auto" in done.stdout) == (restarts != "0")


def test_a_mistake_on_another_node_is_one_too(job):
    done = job(FIRST_CODE="143", OTHERS_CODE="2")
    assert (done.returncode, "requeued" in done.stdout) == (2, False)
