# category: signals
# attack: change priority, limits and cores of other processes
# kind: stdin
import ctypes, resource
for pid, _ in [*INFO["victims"], [INFO["scorer"], 0]]:
    attempt(f"priority of {pid}", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19) is None)
    attempt(f"limits of {pid}", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3)))
    attempt(f"read limits of {pid}", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE))
    attempt(f"cores of {pid}", lambda: os.sched_setaffinity(pid, {0}) is None)
    attempt(f"scheduler of {pid}", lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)) is None)
    attempt(f"input and output class of {pid}", lambda: syscall(251, 1, pid, (3 << 13) | 7) == 0)
    attempt(f"process_madvise of {pid}", lambda: syscall(440, syscall(434, pid, 0), 0, 0, 0, 0) + 1)
    attempt(f"move pages of {pid}", lambda: syscall(256, pid, 8, ctypes.create_string_buffer(8), ctypes.create_string_buffer(8)) + 1)
