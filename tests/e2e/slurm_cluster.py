"""A real Slurm of three nodes on this machine, not installed: Debian's packages unpacked into a cache folder.

With root each node is a host of its own: a network namespace with an address on a bridge, whose link can be cut and whose
processes can all be killed. Without, the nodes have the addresses 127.0.0.1 to .3.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import psutil

from swift_grpo.launch.ports import free_ports

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "swift-grpo-tests" / "slurm"
PACKAGES = "slurmctld slurmd slurm-client slurm-wlm-basic-plugins libhwloc15 liblua5.1-0".split()  # 3.2 MB
CONF = """
ClusterName=test
SlurmctldHost={host}({controller})
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=5
PluginDir={root}/usr/lib/x86_64-linux-gnu/slurm-wlm
PlugStackConfig={folder}/plugstack.conf
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmctldPort={port}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
ReturnToService=2
SlurmdTimeout=10
KillWait=5
JobRequeue=1
SlurmdParameters=config_overrides
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class Unavailable(Exception):
    """Why there can be no Slurm here."""


def packages() -> Path:
    """The folder with Slurm's programs; downloads them once, checked by apt. Raises Unavailable."""
    root = CACHE / "root"
    if (root / "complete").exists():
        return root
    if not all(shutil.which(name) for name in ("apt-get", "dpkg")):
        raise Unavailable("Slurm comes as Debian packages, and there is no apt-get here")
    downloads = CACHE / "debs"
    shutil.rmtree(CACHE, ignore_errors=True)
    downloads.mkdir(parents=True)
    got = subprocess.run(["apt-get", "download", *PACKAGES], cwd=downloads, capture_output=True, text=True)
    if got.returncode:
        raise Unavailable(
            f"apt-get cannot download {' '.join(PACKAGES)}: {(got.stderr.strip() or '?').splitlines()[-1]}"
        )
    for package in downloads.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, root], check=True)
    (root / "complete").touch()
    return root


def has_namespaces() -> bool:
    """Whether network namespaces can be made here."""
    if os.getuid() or not all(shutil.which(name) for name in ("ip", "nsenter", "unshare")):
        return False
    name = f"sgtry{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode == 0
    if made:
        subprocess.run(["ip", "netns", "del", name], check=True)
    return made


class Cluster:
    """Nodes n1, n2 and n3; `with` starts and stops it. `folder` has its configuration, state and logs."""

    COUNT = 3

    def __init__(self, folder: Path, namespaces: bool) -> None:
        self.folder, self.namespaces, self.root = folder, namespaces, packages()
        self.daemons: dict[str, subprocess.Popen] = {}
        self.tag = f"sg{os.getpid() % 100_000}"
        self.subnet = f"10.77.{os.getpid() % 250}" if namespaces else "127.0.0"
        libraries = self.root / "usr/lib/x86_64-linux-gnu"
        self.environ = {
            "PATH": f"{self.root}/usr/bin:{os.environ['PATH']}",
            "LD_LIBRARY_PATH": f"{libraries}/slurm-wlm:{libraries}",
            "SLURM_CONF": str(folder / "slurm.conf"),
        }

    def address(self, node: int) -> str:
        return f"{self.subnet}.{node}"

    def __enter__(self) -> "Cluster":
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        for name in ("state", *(f"spool/n{i}" for i in self.nodes)):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "plugstack.conf").touch()
        if self.namespaces:
            self._network()
        host = socket.gethostname().split(".")[0]
        ports = iter(free_ports(1 + self.COUNT))
        settings = {
            "host": host,
            "controller": self.address(254) if self.namespaces else "127.0.0.1",
            "root": self.root,
        }
        settings |= {"folder": self.folder, "port": next(ports), "user": psutil.Process().username()}
        lines = [
            f"NodeName=n{i} NodeHostname={host} NodeAddr={self.address(i)} Port={next(ports)}"
            " CPUs=8 RealMemory=2000 State=UNKNOWN"
            for i in self.nodes
        ]
        (self.folder / "slurm.conf").write_text(CONF.format(**settings, nodes="\n".join(lines)))
        self._daemon("slurmctld", [f"{self.root}/usr/sbin/slurmctld-wlm", "-D"])
        for i in self.nodes:
            self.start_node(i)
        self.until(
            lambda: len(re.findall(r"State=IDLE\b", self.run("scontrol", "show", "node", "-o"))) == self.COUNT, 30
        )

    @property
    def nodes(self) -> range:
        return range(1, self.COUNT + 1)

    def start_node(self, i: int) -> None:
        words = [f"{self.root}/usr/sbin/slurmd-wlm", "-D", "-N", f"n{i}", "-d", f"{self.root}/usr/sbin/slurmstepd-wlm"]
        if self.namespaces:  # `ip netns exec` would mount /sys anew, which slurmd does not bear
            words = ["nsenter", f"--net=/var/run/netns/{self.tag}n{i}", "unshare", "-u", *words]
        self._daemon(f"n{i}", words)

    def _daemon(self, name: str, words: list[str]) -> None:
        with (self.folder / f"{name}.out").open("ab") as output:
            self.daemons[name] = subprocess.Popen(
                words, env=os.environ | self.environ, stdout=output, stderr=output, start_new_session=True
            )

    def _network(self) -> None:
        """A bridge, a namespace a node, and in each a second interface, `apart`, that leads nowhere."""
        _ip("link", "add", self.tag, "type", "bridge")
        _ip("addr", "add", f"{self.address(254)}/24", "dev", self.tag)
        _ip("link", "set", self.tag, "up")
        for i in self.nodes:
            name = f"{self.tag}n{i}"
            _ip("netns", "add", name)
            _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("link", "set", name, "master", self.tag, "up")
            _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", name, "addr", "add", f"{self.address(i)}/24", "dev", "eth0")
            _ip("-n", name, "link", "set", "eth0", "up")
            _ip("-n", name, "link", "add", "apart", "type", "bridge")
            _ip("-n", name, "addr", "add", f"10.78.0.{i}/24", "dev", "apart")
            _ip("-n", name, "link", "set", "apart", "up")

    # ---- what can happen to a node
    def cut(self, i: int) -> None:
        """Its cable is pulled."""
        _ip("link", "set", f"{self.tag}n{i}", "down")

    def mend(self, i: int) -> None:
        _ip("link", "set", f"{self.tag}n{i}", "up")

    def processes(self, i: int) -> list[psutil.Process]:
        """All that runs on a node, its slurmd included."""
        if self.namespaces:
            said = subprocess.run(
                ["ip", "netns", "pids", f"{self.tag}n{i}"], capture_output=True, text=True, check=True
            )
            return [psutil.Process(int(pid)) for pid in said.stdout.split() if psutil.pid_exists(int(pid))]
        tasks = [p for p in psutil.process_iter() if self._on(p, i)]
        steps = {parent for p in tasks for parent in p.parents()[:1] if "slurmstepd" in parent.name()}
        return [psutil.Process(self.daemons[f"n{i}"].pid), *steps, *tasks]

    def _on(self, process: psutil.Process, i: int) -> bool:
        try:
            environ = process.environ()
        except psutil.Error:
            return False
        return environ.get("SLURMD_NODENAME") == f"n{i}" and environ.get("SLURM_CONF") == self.environ["SLURM_CONF"]

    def kill(self, i: int) -> None:
        """It loses power: every process is gone at once."""
        while alive := [p for p in self.processes(i) if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]:
            for process in alive:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            time.sleep(0.1)

    # ---- jobs
    def run(self, *words: str, **environ: str) -> str:
        """The output of one of Slurm's commands."""
        done = subprocess.run(
            words, env=os.environ | self.environ | environ, capture_output=True, text=True, timeout=60
        )
        if done.returncode:
            raise RuntimeError(f"{words[0]}: {done.stderr}")
        return done.stdout

    def state(self, job: str) -> str:
        """PENDING, RUNNING, COMPLETED, …"""
        return re.search(r"JobState=(\w+)", self.run("scontrol", "show", "job", "-o", job))[1]

    def restarts(self, job: str) -> int:
        return int(re.search(r"Restarts=(\d+)", self.run("scontrol", "show", "job", "-o", job))[1])

    def until(self, condition, seconds: float) -> float:
        """Wait until it holds: the seconds that took."""
        begun = time.monotonic()
        while not condition():
            if time.monotonic() - begun > seconds:
                raise TimeoutError(f"not within {seconds} s; {self.run('scontrol', 'show', 'node', '-o')}")
            time.sleep(0.2)
        return time.monotonic() - begun

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            for job in self.run("squeue", "-h", "-o", "%i").split():
                self.run("scancel", job)
            self.until(lambda: not self.run("squeue", "-h").strip(), 20)
        if self.namespaces:
            for i in self.nodes:
                with contextlib.suppress(subprocess.CalledProcessError):
                    self.kill(i)
        for daemon in self.daemons.values():
            daemon.terminate()
        for daemon in self.daemons.values():
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
        if self.namespaces:
            for i in self.nodes:
                with contextlib.suppress(subprocess.CalledProcessError):
                    _ip("netns", "del", f"{self.tag}n{i}")
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("link", "del", self.tag)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
