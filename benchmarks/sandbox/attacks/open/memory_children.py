# category: memory
# attack: children that each take the whole limit
# kind: stdin
import time
count = 0
for _ in range(5):
    try:
        pid = os.fork()
    except OSError:
        break
    if pid == 0:
        try:
            block = bytearray(INFO["memory_mb"] * 600_000)
        finally:
            time.sleep(5)
            os._exit(0)
    count += 1
if count:
    say(f"ESCAPED {count} children")
    time.sleep(1)
