# category: signals
# attack: trace other processes
# kind: stdin
for pid in [*[pid for pid, _ in INFO["victims"]], INFO["scorer"], os.getppid()]:
    attempt(f"seize {pid}", lambda: syscall(101, 0x4206, pid, 0, 0) == 0)
    attempt(f"attach {pid}", lambda: syscall(101, 16, pid, 0, 0) == 0)
