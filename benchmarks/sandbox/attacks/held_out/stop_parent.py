# category: signals
# attack: stop the parent, so that nobody watches the time
# kind: stdin
import time
parent = os.getppid()
try:
    os.kill(parent, 19) if parent > 1 else None
except OSError:
    pass
time.sleep(30)
