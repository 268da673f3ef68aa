# category: kernel
# attack: enter the namespaces of other processes
# kind: stdin
for pid in (1, os.getppid(), INFO["scorer"], *[pid for pid, _ in INFO["victims"]]):
    for name in ("mnt", "net", "user", "pid", "ipc", "uts", "cgroup"):
        attempt(f"setns {name} of {pid}", lambda: syscall(308, os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY), 0) == 0)
    attempt(f"setns by pidfd of {pid}", lambda: syscall(308, syscall(434, pid, 0), 0x00020000) == 0)
