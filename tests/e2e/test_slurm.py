"""scripts/train.slurm for real: sbatch, three nodes, of which two train with ZeRO-2 and one serves with vLLM; faults included.

More faults, with their seconds: benchmarks/launch/slurm_faults.py.
"""

import json
import subprocess
import sys

import pytest

from benchmarks.launch.slurm_faults import Job
from benchmarks.launch.sweep_kills import begun, complete, over, running, submit, write
from swift_grpo.launch.checkpoints import steps
from swift_grpo.launch.sweep import read
from tests.e2e.slurm_cluster import Cluster, Unavailable, has_namespaces
from tests.launch.test_nodes import LAUNCH_NODE, SLEEPS

pytestmark = [pytest.mark.e2e, pytest.mark.cold, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    try:
        with Cluster(tmp_path_factory.mktemp("slurm"), has_namespaces()) as made:
            yield made
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def hosts(cluster):
    """The cluster, if its nodes are hosts of their own."""
    if not cluster.namespaces:
        pytest.skip("network namespaces need root, ip, nsenter and unshare")
    return cluster


def listening(cluster, node: int) -> list[tuple[str, str]]:
    """(address, program) of each listening socket of a host."""
    words = ["nsenter", f"--net=/var/run/netns/{cluster.tag}n{node}", "ss", "-ltnpH"]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    return [(line.split()[3].rpartition(":")[0], line.split()[5]) for line in lines]


def test_a_lost_node_is_followed_by_a_start_from_the_last_checkpoint(cluster, tiny, tmp_path):
    job = Job(cluster, tiny, tmp_path, "--max_steps", "6")
    job.wait(lambda: list(tmp_path.glob("out/v0-*/checkpoint-2/trainer_state.json")))
    if cluster.namespaces:
        assert {address for address, who in listening(cluster, 3) if "slurm" not in who} == {cluster.address(3)}
    cluster.kill(2)
    job.wait(lambda: cluster.restarts(job.id) > 0)
    cluster.start_node(2)
    job.wait(job.over)
    assert cluster.state(job.id) == "COMPLETED", job.log.read_text()[-3000:]
    assert cluster.restarts(job.id) > 0
    assert [event.step for event in steps(tmp_path / "out")] == [1, 2, 3, 4, 5, 6]
    resumed = json.loads(sorted(tmp_path.glob("out/v*/args.json"))[-1].read_text())
    assert "/checkpoint-" in resumed["resume_from_checkpoint"]
    assert (resumed["global_world_size"], resumed["deepspeed"]["zero_optimization"]["stage"]) == (2, 2)


@pytest.mark.parametrize(
    ("interface", "said"),
    [
        ("apart", "the interface that joins them|cannot be reached from"),
        ("nowhere", "no interface nowhere"),
        ("lo", "the same address"),
    ],
)
def test_a_wrong_interface_ends_the_job_before_a_model_is_loaded(hosts, tiny, tmp_path, interface, said):
    job = Job(hosts, tiny, tmp_path, INTERFACE=interface)
    job.wait(job.over, 200)
    log = job.log.read_text()
    assert hosts.state(job.id) == "FAILED" and hosts.restarts(job.id) == 0, log
    assert any(part in log for part in said.split("|")), log
    assert not list(tmp_path.glob("out/launches/*/rollout.log"))


def test_a_firewall_around_the_weight_sync_ends_the_job_before_a_model_is_loaded(hosts, tiny, tmp_path):
    """The server's answers from that port are dropped: NCCL alone would wait for half an hour."""
    job = Job(hosts, tiny, tmp_path, hold=True)
    port = 20000 + int(job.id) % 900 * 10 + 3
    rule = ["ipproto", "tcp", "sport", str(port), "to", f"{hosts.address(1)}/32", "blackhole"]
    subprocess.run(["ip", "-n", f"{hosts.tag}n3", "rule", "add", *rule], check=True)
    try:
        hosts.run("scontrol", "release", job.id)
        job.wait(job.over, 200)
    finally:
        subprocess.run(["ip", "-n", f"{hosts.tag}n3", "rule", "del", *rule], check=True)
    log = job.log.read_text()
    assert hosts.state(job.id) == "FAILED" and hosts.restarts(job.id) == 0, log
    assert f"{hosts.address(3)}:{port}, the weight sync, does not answer {hosts.address(1)} within 5 s" in log
    assert not list(tmp_path.glob("out/launches/*/rollout.log"))


def test_a_cut_link_ends_the_launchers_on_both_sides(hosts, tmp_path):
    """Nothing closes a connection then: without TCP's keepalive both would wait for ever."""
    started = []
    for index in (0, 1):
        place = {"addresses": [hosts.address(1), hosts.address(2)], "index": index, "port": 7000, "patience": 60}
        asked = {"commands": [SLEEPS], "folder": str(tmp_path / f"n{index}"), "restarts": 0, "place": place}
        words = [
            "nsenter",
            f"--net=/var/run/netns/{hosts.tag}n{index + 1}",
            sys.executable,
            "-c",
            LAUNCH_NODE,
            json.dumps(asked),
        ]
        started.append(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    try:
        hosts.until(lambda: all((tmp_path / f"n{i}/train.log").exists() for i in (0, 1)), 60)
        hosts.cut(2)
        assert [one.wait(90) for one in started] == [1, 1]
    finally:
        hosts.mend(2)
        for one in started:
            one.kill()
            one.communicate()
    for index, other in ((0, 1), (1, 0)):
        cause = json.loads((tmp_path / f"n{index}/run.json").read_text())["cause"]
        assert cause.startswith(f"lost node {other} ({hosts.address(other + 1)}): the connection broke")


def test_a_sweep_is_an_array_whose_tasks_may_be_requeued(cluster, tiny, tmp_path, capsys):
    file = write(tmp_path, f"MODEL: {tiny}/base", tiny / "train.jsonl", max_steps=4, max_length=200, seeds="[1]")
    submit(file, cluster)
    cluster.until(lambda: list(tmp_path.glob("out/*/v0-*/checkpoint-2/trainer_state.json")), 300)
    cluster.run("scontrol", "requeue", running(cluster)[0][0])
    cluster.until(lambda: over(cluster), 400)
    logs = "".join(path.read_text() for path in tmp_path.glob("out/slurm-*.log"))
    assert complete(read(file), last=4), capsys.readouterr().out + logs
    assert begun(file) == 3
