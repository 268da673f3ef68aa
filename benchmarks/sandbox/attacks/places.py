"""Where the scorer runs: in process namespaces of its own, as another user, or below a filter like Docker's."""

import ctypes
import fcntl
import os
import platform
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[3]
NOBODY = 65534
LIBC = ctypes.CDLL(None, use_errno=True)
# x86-64 numbers of calls that Docker's default profile refuses without more rights, and of the ways into other processes
REFUSED = {
    "acct": 163, "add_key": 248, "bpf": 321, "clock_settime": 227, "delete_module": 176, "finit_module": 313, "fsconfig": 431,
    "fsmount": 432, "fsopen": 430, "fspick": 433, "init_module": 175, "io_uring_enter": 426, "io_uring_register": 427,
    "io_uring_setup": 425, "ioperm": 173, "iopl": 172, "kcmp": 312, "kexec_load": 246, "keyctl": 250, "lookup_dcookie": 212,
    "mount": 165, "mount_setattr": 442, "move_mount": 429, "name_to_handle_at": 303, "open_by_handle_at": 304, "open_tree": 428,
    "perf_event_open": 298, "pivot_root": 155, "process_vm_readv": 310, "process_vm_writev": 311, "ptrace": 101, "quotactl": 179,
    "reboot": 169, "request_key": 249, "setns": 308, "settimeofday": 164, "swapoff": 168, "swapon": 167, "syslog": 103,
    "umount2": 166, "unshare": 272, "userfaultfd": 323, "vhangup": 153,
}  # fmt: skip
CLONE, CLONE3 = 56, 435
NAMESPACES = 0x7E020080
KEPT = (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31)  # capabilities of a container's root


def filter_like_docker() -> None:
    """For this process and its children, for ever: no namespaces, no mounts, no tracing. OSError if the kernel refuses."""
    if platform.machine() != "x86_64":
        raise OSError("the filter knows only the numbers of x86-64")
    refuse, no_such, allow = 0x00050000 | 1, 0x00050000 | 38, 0x7FFF0000
    load, equal, any_bit, answer = 0x20, 0x15, 0x45, 0x06
    code = [(load, 0, 0, 4), (equal, 1, 0, 0xC000003E), (answer, 0, 0, refuse), (load, 0, 0, 0)]
    for number in sorted(REFUSED.values()):
        code += [(equal, 0, 1, number), (answer, 0, 0, refuse)]
    code += [(equal, 0, 1, CLONE3), (answer, 0, 0, no_such)]
    code += [(equal, 0, 3, CLONE), (load, 0, 0, 16), (any_bit, 0, 1, NAMESPACES), (answer, 0, 0, refuse)]
    code += [(answer, 0, 0, allow)]
    block = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in code))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(block)))
    LIBC.prctl(38, 1, 0, 0, 0)
    if LIBC.prctl(22, 2, program, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    if os.geteuid() == 0:
        for number in set(range(41)) - set(KEPT):
            LIBC.prctl(24, number, 0, 0, 0)
        bits = sum(1 << number for number in KEPT)
        header = struct.pack("Ii", 0x20080522, 0)
        low, high = bits & 0xFFFFFFFF, bits >> 32
        if LIBC.capset(header, struct.pack("6I", low, low, low, high, high, high)) != 0:
            raise OSError(ctypes.get_errno(), "capset")


def loopback_up() -> None:
    """A new network namespace has its loopback down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        fcntl.ioctl(one, 0x8914, struct.pack("16sh14x", b"lo", 0x49))  # SIOCSIFFLAGS: up, loopback, running


def readable_copy() -> tuple[Path, str]:
    """(folder with what nobody needs, interpreter that nobody can start). The folder is the caller's to remove."""
    import psutil
    import pyseccomp

    folder = Path(tempfile.mkdtemp(prefix="swg-copy-", dir="/tmp"))
    folder.chmod(0o755)
    shutil.copytree(ROOT / "swift_grpo", folder / "swift_grpo", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "benchmarks").mkdir()
    shutil.copy(ROOT / "benchmarks/__init__.py", folder / "benchmarks")
    shutil.copytree(ROOT / "benchmarks/sandbox", folder / "benchmarks/sandbox")
    shutil.copytree(Path(psutil.__file__).parent, folder / "psutil")
    shutil.copy(pyseccomp.__file__, folder)  # one file
    check = "import os, sys; sys.exit(not os.access(os.path.realpath(sys.executable), os.X_OK))"
    for python in (sys.executable, "/usr/bin/python3"):
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", python, "-c", check]
        if subprocess.run(command, capture_output=True, cwd="/").returncode == 0:
            return folder, python
    shutil.rmtree(folder)
    raise SystemExit("score: nobody can start neither this Python nor /usr/bin/python3; install Debian's python3")


def run_inside(words: list[str], nobody: bool, network: bool) -> int:
    """Runs the scorer with `words` where its attacks see few processes; returns the exit status."""
    copy, python = readable_copy() if nobody else (None, sys.executable)
    command = [python, "-m", "benchmarks.sandbox.attacks.score", "--inside", str(ROOT), *words]
    if nobody and os.geteuid() == 0:
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
    if os.geteuid() == 0:
        own = ["--pid", "--fork", "--mount-proc", "--kill-child", "--ipc", *([] if network else ["--net"])]
        command = ["unshare", *own, *command]
    else:
        print("not root, so without process namespaces: an attack that gets through may end processes of this user")
    try:
        return subprocess.run(command, cwd=copy or ROOT, env={**os.environ, "PYTHONPATH": str(copy or ROOT)}).returncode
    finally:
        if copy:
            shutil.rmtree(copy, ignore_errors=True)
