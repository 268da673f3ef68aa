"""Gives up, in this process and for good, what a program must not have: user, files, signals, calls to the kernel."""

import ctypes
import errno
import os
import resource
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_KEEPCAPS, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 8, 22, 38
_SIGKILL = 9
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1 << 1, 1 << 2
_CAPABILITY_VERSION = 0x20080522
_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # of all architectures
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_THREADS = 64


class Refused(RuntimeError):
    """The kernel refused a part of the sandbox."""


def confine(setup: dict[str, Any]) -> None:
    """The parts that the runner itself lives under, in the order in which each still can be done. Raises Refused."""
    abi = _libc.syscall(_CREATE_RULESET, None, 0, 1)
    rules = None
    if abi > 0 and setup["readable"]:
        rules = _landlock_rules(abi, setup["readable"])  # opens folders, as the user that it began as
    if rules is None and setup["landlock"]:
        raise Refused("the kernel has no Landlock; it needs Linux 5.13 with landlock in /sys/kernel/security/lsm")
    if os.getuid() == 0 and setup["uid"]:
        _become(setup["uid"], setup["readable"])
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if rules is not None and _libc.syscall(_RESTRICT_SELF, rules, 0):
        raise Refused(f"Landlock: {os.strerror(ctypes.get_errno())}")


def limit(setup: dict[str, Any], runner: int) -> None:
    """The parts that a program lives under: less of everything, and few calls to the kernel. It ends with the runner."""
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != runner:
        os._exit(1)
    memory = setup["memory_mb"] << 20
    seconds = int(setup["seconds"]) + 1
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_MEMLOCK, 0),
        *([(resource.RLIMIT_NPROC, _THREADS)] if setup["own_user"] else []),
    ):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))
    if setup["machine"] == os.uname().machine:  # a server's may be another
        code = bytes.fromhex(setup["filter"])
        buffer = ctypes.create_string_buffer(code, len(code))
        program = (ctypes.c_uint64 * 2)(len(code) // 8, ctypes.addressof(buffer))  # struct sock_fprog
        _prctl(_PR_SET_SECCOMP, 2, ctypes.addressof(program))


def _become(uid: int, readable: list[str]) -> None:
    """Another user without capabilities; with the right to read, which Landlock limits, where Python needs it."""
    _prctl(_PR_SET_KEEPCAPS, 1)
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise Refused(f"root cannot become the user {uid}: {error.strerror}") from None
    kept = (0,) if all(os.access(path, os.R_OK) for path in readable) else (_DAC_READ_SEARCH, _DAC_OVERRIDE)
    for capability in kept:
        if _set_capabilities(capability) == 0:
            return
    raise Refused(
        f"another user than root cannot read {' '.join(readable[:1])}; move that Python, or chmod o+x its folders"
    )


def _set_capabilities(kept: int) -> int:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    data = (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0)  # effective, permitted, inheritable; twice
    return _libc.syscall(_SYS_CAPSET[os.uname().machine], header, data)


def _landlock_rules(abi: int, readable: list[str]) -> int:
    files = (1 << 13) - 1 | (1 << 13 if abi >= 2 else 0) | (1 << 14 if abi >= 3 else 0) | (1 << 15 if abi >= 5 else 0)
    handled = (ctypes.c_uint64 * 3)(files, 3, 3)  # struct landlock_ruleset_attr: files; TCP; abstract sockets, signals
    ruleset = _libc.syscall(_CREATE_RULESET, handled, 8 if abi < 4 else 16 if abi < 6 else 24, 0)
    if ruleset < 0:
        raise Refused(f"Landlock: {os.strerror(ctypes.get_errno())}")
    rights = dict.fromkeys(readable, _READ_FILE | _READ_DIR)
    for path, allowed in {**rights, "/dev/null": _READ_FILE | _WRITE_FILE, "/dev/urandom": _READ_FILE}.items():
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        if not os.path.isdir(path):  # noqa: PTH112  pathlib takes 5 ms to import
            allowed &= ~_READ_DIR
        rule = allowed.to_bytes(8, "little") + fd.to_bytes(4, "little")  # struct landlock_path_beneath_attr, packed
        if _libc.syscall(_ADD_RULE, ruleset, 1, rule, 0):
            raise Refused(f"Landlock, {path}: {os.strerror(ctypes.get_errno())}")
        os.close(fd)
    return ruleset


def _prctl(what: int, *arguments: int) -> None:
    given = [ctypes.c_ulong(one) for one in (*arguments, 0, 0, 0, 0)[:4]]
    if _libc.prctl(what, *given):
        code = ctypes.get_errno()
        raise Refused(
            f"prctl {what}: {os.strerror(code)}" + (" (no seccomp in this kernel)" if code == errno.EINVAL else "")
        )
