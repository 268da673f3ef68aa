# category: signals
# attack: trace a program that runs at the same time
# kind: stdin
# with: honest
import time
end = time.monotonic() + 1.0
own = os.getpid()
while time.monotonic() < end:
    for pid in range(max(2, own - 60), own + 60):
        if pid == own:
            continue
        try:
            syscall(101, 0x4206, pid, 0, 0)
            say(f"ESCAPED seized {pid}")
        except OSError:
            pass
    time.sleep(0.05)
