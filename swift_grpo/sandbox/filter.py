"""The calls to the kernel that a program may make, as a seccomp filter. All others are refused."""

import contextlib
import errno
import functools
import socket
import tempfile

from swift_grpo.sandbox.jobs import NoSandbox

ALLOWED = """
read readv pread64 preadv write writev pwrite64 pwritev lseek close close_range dup dup2 dup3 pipe pipe2
open openat stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents getdents64 getcwd
chdir fchdir umask fadvise64
select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd2
sendto recvfrom sendmsg recvmsg shutdown getsockname getpeername getsockopt
mmap munmap mremap mprotect madvise brk membarrier
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait sigaltstack restart_syscall
getpid getppid gettid getuid geteuid getgid getegid getgroups getresuid getresgid getpgrp getpgid getsid
getrlimit getrusage sysinfo uname times getcpu sched_yield sched_getaffinity sched_getparam sched_getscheduler
clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time getitimer setitimer alarm
futex futex_waitv set_robust_list get_robust_list rseq set_tid_address arch_prctl getrandom exit exit_group wait4 waitid
""".split()
# Files are the backend's matter, so `open` is allowed.
_CLONE_THREAD = 0x10000
_NAMESPACES = 0x7E020080  # CLONE_NEW*
# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, locks, F_DUPFD_CLOEXEC. Not F_SETOWN, which sends signals.
_FCNTL = (*range(8), 1030)
_TERMINAL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS TIOCGWINSZ FIONREAD FIONBIO FIONCLEX FIOCLEX


@functools.cache
def program() -> bytes:
    """The filter as BPF. Raises NoSandbox without libseccomp."""
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError) as error:
        message = f"{error}; install libseccomp2 (Debian, Ubuntu: apt install libseccomp2) and pip install pyseccomp"
        raise NoSandbox(message) from None
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for name in ALLOWED:
        _allow(rules, name)
    rules.add_rule(
        seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD | _NAMESPACES, _CLONE_THREAD)
    )
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")  # glibc then uses clone, whose flags a filter can see
    rules.add_rule(seccomp.ALLOW, "prlimit64", seccomp.Arg(0, seccomp.EQ, 0))  # the hard limits hold
    # asyncio needs a pair of connected sockets. One of datagrams could send to any address.
    stream = seccomp.Arg(0, seccomp.EQ, socket.AF_UNIX), seccomp.Arg(1, seccomp.MASKED_EQ, 0xF, socket.SOCK_STREAM)
    rules.add_rule(seccomp.ALLOW, "socketpair", *stream)
    for number in _FCNTL:
        rules.add_rule(seccomp.ALLOW, "fcntl", seccomp.Arg(1, seccomp.EQ, number))
    for number in _TERMINAL:
        rules.add_rule(seccomp.ALLOW, "ioctl", seccomp.Arg(1, seccomp.EQ, number))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _allow(rules, name: str) -> None:
    import pyseccomp as seccomp

    with contextlib.suppress(OSError):  # this architecture or this libseccomp does not know it
        rules.add_rule(seccomp.ALLOW, name)
