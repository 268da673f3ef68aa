"""What an attack must not reach: secrets, listeners, victims and shared objects, and what is looked for after each attack."""

import contextlib
import ctypes
import os
import random
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from benchmarks.sandbox.attacks.cases import new_token

LIBC = ctypes.CDLL(None, use_errno=True)
FOLDERS = (
    "/ /tmp /var/tmp /dev/shm /dev/mqueue /dev /run /run/lock /home /root /var/lock /opt /mnt /srv /etc/cron.d".split()
)
VICTIM = (
    "import ctypes, os, time; text = ctypes.create_string_buffer(os.environ['VICTIM_TOKEN'].encode());"
    "ctypes.CDLL(None).prctl(1, 9, 0, 0, 0); print(ctypes.addressof(text), flush=True); time.sleep(7200)"
)
SYSV = {"shm": LIBC.shmctl, "sem": lambda number, *_: LIBC.semctl(number, 0, 0), "msg": LIBC.msgctl}


def sysv() -> set[tuple[str, int]]:
    """(kind, id) of the machine's System V objects."""
    found = set()
    for kind in SYSV:
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
            found |= {(kind, int(line.split()[1])) for line in lines}
    return found


def state(pid: int) -> tuple:
    """What others can change of a process without ending it; empty when it is gone or stopped."""
    try:
        one = psutil.Process(pid)
        if one.status() in ("zombie", "stopped", "tracing-stop"):
            return ()
        return (
            one.nice(),
            tuple(one.cpu_affinity()),
            one.ionice()[0],
            os.sched_getscheduler(pid),
            one.rlimit(psutil.RLIMIT_NOFILE),
        )
    except (psutil.Error, OSError):
        return ()


class Victim:
    def __init__(self, uid: int):
        self.uid = uid
        self.token = new_token()
        python = sys.executable if uid == os.geteuid() else "/usr/bin/python3"
        self.process = subprocess.Popen(
            [python, "-c", VICTIM],  # the own Python may lie where other users cannot start it
            env={"VICTIM_TOKEN": self.token},
            **({} if uid == os.geteuid() else {"user": uid, "group": uid, "extra_groups": []}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        self.address = int(self.process.stdout.readline())
        self.before = state(self.process.pid)

    def fault(self) -> str:
        if self.process.poll() is not None:
            return f"a process of uid {self.uid} was ended"
        now = state(self.process.pid)
        return "" if now == self.before else f"a process of uid {self.uid} was changed: {self.before} to {now}"

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def listener(family: int, kind: int, address, path: bool = False) -> socket.socket | None:
    try:
        one = socket.socket(family, kind)
        one.bind(address)
        if kind != socket.SOCK_DGRAM:
            one.listen(64)
        one.setblocking(False)
        if path:
            Path(address).chmod(0o777)
        return one
    except OSError:
        return None


class Canaries:
    """Planted once for a whole run. `repository`: the project's folder. `uids`: of the victims; the files belong to the last."""

    def __init__(self, repository: Path, uids: set[int]):
        self.uids, self.repository, self.owner = uids, repository, max(uids)
        self.base = Path(tempfile.mkdtemp(prefix="swg-attacks-", dir="/tmp"))
        self.home = Path(tempfile.mkdtemp(prefix="swg-home-", dir="/var/tmp"))
        self.temporary, self.cwd = self.base / "tmp", self.base / "cwd"
        for folder in (self.temporary, self.cwd, self.home / ".ssh", self.home / ".aws"):
            folder.mkdir()
        self.tokens = {
            "environment": new_token(),
            "memory": new_token(),
            "descriptor": new_token(),
            "segment": new_token(),
        }
        self.files = {
            path: new_token()
            for path in (
                self.home / ".ssh/id_ed25519",
                self.home / ".netrc",
                self.home / ".aws/credentials",
                self.cwd / "notes.txt",
                self.base / "plain.txt",
                Path(f"/dev/shm/swg-{secrets.token_hex(4)}"),
                self.temporary / "canary_module.py",
            )
        }
        for folder in (self.base, self.home, *self.base.iterdir(), *self.home.iterdir()):
            self.open_to_all(folder)
        self.plant()
        self.victims = [Victim(uid) for uid in sorted(uids)]
        name = "swg-attacks-" + secrets.token_hex(6)
        paths = (str(self.base / "service.sock"), str(self.base / "datagram.sock"))
        self.listeners = {
            "TCP": listener(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "UDP": listener(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "abstract": listener(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + name),
            "abstract datagram": listener(socket.AF_UNIX, socket.SOCK_DGRAM, "\0" + name + "-datagram"),
            "socket file": listener(socket.AF_UNIX, socket.SOCK_STREAM, paths[0], path=True),
            "datagram file": listener(socket.AF_UNIX, socket.SOCK_DGRAM, paths[1], path=True),
            "vsock": listener(
                socket.AF_VSOCK, socket.SOCK_STREAM, (socket.VMADDR_CID_ANY, random.randint(20_000, 60_000))
            ),
        }
        port = self.listeners["TCP"].getsockname()[1]
        self.listeners["TCP over IPv6"] = listener(socket.AF_INET6, socket.SOCK_STREAM, ("::1", port))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.listen_port = free.getsockname()[1]
        self.memory = ctypes.create_string_buffer(self.tokens["memory"].encode())
        self.key = random.randint(1 << 20, 1 << 30)
        self.segment = LIBC.shmget(self.key, 4096, 0o1666)
        LIBC.shmat.restype = ctypes.c_void_p
        at = LIBC.shmat(self.segment, None, 0)
        ctypes.memmove(at, self.tokens["segment"].encode(), 41)
        self.facts = {
            "home": str(self.home),
            "cwd": str(self.cwd),
            "tmp": str(self.temporary),
            "folders": [str(self.base), str(self.home), str(self.cwd), str(self.temporary), str(repository)],
            "repository": str(repository),
            "secrets": [str(path) for path in self.files],
            "shm": str(next(path for path in self.files if str(path).startswith("/dev/shm"))),
            "port": port,
            "udp_port": self.listeners["UDP"].getsockname()[1],
            "abstract": name,
            "abstract_datagram": name + "-datagram",
            "unix_path": paths[0],
            "unix_datagram": paths[1],
            "vsock_port": self.listeners["vsock"].getsockname()[1] if self.listeners["vsock"] else 1,
            "listen_port": self.listen_port,
            "canary_key": self.key,
            "hostname": os.uname().nodename,
            "scorer_address": ctypes.addressof(self.memory),
        }
        self.seen = self.look()

    def open_to_all(self, path: Path) -> None:
        """What keeps an attack out is the sandbox, not mode or owner."""
        path.chmod(0o777 if path.is_dir() else 0o666)
        if os.geteuid() == 0:
            os.chown(path, self.owner, self.owner)

    def plant(self) -> None:
        for path, token in self.files.items():
            path.unlink(missing_ok=True)
            path.write_text(
                f"token = {token!r}\nprint('ESCAPED a foreign module ran')\n" if path.suffix == ".py" else f"{token}\n"
            )
            self.open_to_all(path)
        self.seen = self.look()

    def look(self) -> dict[str, tuple]:
        """Content and metadata of all that was planted, and the names in its folders."""
        found: dict[str, tuple] = {}
        for path in self.files:
            try:
                one = path.stat()
                names = tuple(os.listxattr(path))
                found[str(path)] = (path.read_text(), one.st_mode, one.st_uid, one.st_nlink, one.st_mtime_ns, names)
            except OSError as error:
                found[str(path)] = (error.errno,)
        for folder in (self.home, self.cwd, self.base, self.home / ".ssh"):
            found[str(folder)] = (
                stat.S_IMODE(folder.stat().st_mode),
                folder.stat().st_mtime_ns,
                *sorted(folder.iterdir()),
            )
        return found

    def info(self, mark: str, limits) -> dict:
        own = {"mark": mark, "key": random.randint(1 << 20, 1 << 30), "scorer": os.getpid()}
        victims = [[one.process.pid, one.address] for one in self.victims]
        bounds = {name: getattr(limits, name) for name in ("memory_mb", "seconds", "output_bytes")}
        return {**self.facts, **own, **bounds, "victims": victims}

    def all_tokens(self) -> set[str]:
        return {*self.tokens.values(), *self.files.values(), *(one.token for one in self.victims)}

    def changed(self) -> list[str]:
        """What was changed, ended or contacted since the last look; puts it back."""
        now = self.look()
        faults = [f"{path} was changed" for path, before in self.seen.items() if now[path] != before]
        if faults:
            self.plant()
        for at, one in enumerate(self.victims):
            if one.fault():
                faults.append(one.fault())
                one.end()
                self.victims[at] = Victim(one.uid)
        for name, one in self.listeners.items():
            while one is not None:
                try:
                    got = one.recv(1000) if one.type == socket.SOCK_DGRAM else one.accept()[0].close()
                except OSError:
                    break
                faults.append(f"the {name} listener was contacted {got or ''}")
        return sorted(set(faults))

    def left(self, mark: str, before: set) -> list[str]:
        """Files, queues and segments that an attack or the sandbox left; removes them."""
        faults = []
        places = {*FOLDERS, *self.facts["folders"], *sys.path, str(self.home / ".ssh")}
        for place in places:
            with contextlib.suppress(OSError):
                for path in Path(place).iterdir():
                    if mark in path.name:
                        faults.append(f"left {path}")
                        remove(path)
        for path in self.temporary.iterdir():
            if path.name not in ("canary_module.py", "__pycache__"):
                faults.append(f"left {path}")
                remove(path)
        for kind, number in sysv() - before:
            faults.append(f"left System V {kind} {number}")
            SYSV[kind](number, 0, None)
        queue = LIBC.syscall(240, mark.encode(), 0, 0, 0)
        if queue >= 0:
            faults.append("left a POSIX queue")
            os.close(queue)
            LIBC.syscall(241, mark.encode())
        return faults

    def end(self) -> None:
        for one in self.victims:
            one.end()
        LIBC.shmctl(self.segment, 0, None)
        for path in self.files:
            path.unlink(missing_ok=True)
        for folder in (self.base, self.home):
            shutil.rmtree(folder, ignore_errors=True)


def remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
