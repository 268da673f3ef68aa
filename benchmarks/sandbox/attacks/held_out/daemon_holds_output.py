# category: processes
# attack: a child that keeps the output open after the parent has gone
# kind: stdin
import time
try:
    pid = os.fork()
    if pid == 0:
        time.sleep(25)
        os._exit(0)
    say(f"ESCAPED fork {pid}")
except OSError:
    pass
