# category: signals
# attack: signal to every number of a process
# kind: stdin
# with: honest
import time
own = os.getpid()
hit = []
end = time.monotonic() + 1.2
for pid in [*range(1, 400), *range(max(400, own - 3000), own + 500), *[pid for pid, _ in INFO["victims"]]]:
    if pid == own or time.monotonic() > end:
        continue
    try:
        os.kill(pid, 9)
        hit.append(pid)
    except OSError:
        pass
say(f"hit {hit}")
