# category: signals
# attack: end processes of the same user
# kind: stdin
import signal
for pid, _ in INFO["victims"]:
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGRTMIN):
        attempt(f"signal {number} to {pid}", lambda: os.kill(pid, number) is None)
