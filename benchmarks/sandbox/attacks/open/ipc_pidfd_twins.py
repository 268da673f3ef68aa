# category: ipc
# attack: take descriptors of a program that runs at the same time
# kind: stdin
# with: twin
import time, sys
who = sys.stdin.readline().strip()
if who == "twin":
    time.sleep(1)
else:
    time.sleep(0.4)
    for pid in range(max(1, os.getpid() - 40), os.getpid() + 40):
        if pid != os.getpid():
            attempt(f"pidfd_getfd of {pid}", lambda: syscall(438, syscall(434, pid, 0), 0, 0) + 1)
