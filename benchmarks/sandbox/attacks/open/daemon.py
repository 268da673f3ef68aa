# category: processes
# attack: leave a process of its own session behind
# kind: stdin
import time
def daemon():
    if os.fork():
        return "forked"
    os.setsid()
    if os.fork():
        os._exit(0)
    for fd in range(0, 256):
        try:
            os.close(fd)
        except OSError:
            pass
    time.sleep(25)
    os._exit(0)
attempt("daemon", daemon)
