# category: harness
# attack: waits for input beyond the end
# kind: stdin
import time
while True:
    try:
        if not sys.stdin.readline():
            time.sleep(0.2)
        open(0, "rb", closefd=False).read()
    except (OSError, ValueError):
        pass
