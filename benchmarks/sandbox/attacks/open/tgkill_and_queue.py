# category: signals
# attack: signals by other calls: tkill, tgkill, rt_sigqueueinfo, pidfd
# kind: stdin
import ctypes
for pid, _ in [*INFO["victims"], [INFO["scorer"], 0]]:
    attempt(f"tkill {pid}", lambda: syscall(200, pid, 10) == 0)
    attempt(f"tgkill {pid}", lambda: syscall(234, pid, pid, 10) == 0)
    attempt(f"rt_sigqueueinfo {pid}", lambda: syscall(129, pid, 10, ctypes.create_string_buffer(b"\0" * 8 + b"\xff\xff\xff\xff" + bytes(116), 128)) == 0)
    attempt(f"pidfd {pid}", lambda: syscall(424, syscall(434, pid, 0), 10, 0, 0) == 0)
    attempt(f"pidfd_getfd {pid}", lambda: syscall(438, syscall(434, pid, 0), 1, 0) > 0)
