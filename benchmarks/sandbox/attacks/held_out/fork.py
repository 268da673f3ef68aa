# category: processes
# attack: os.fork and its kin
# kind: stdin
import pty
def child(make):
    pid = make()
    if isinstance(pid, tuple):
        pid = pid[0]
    if pid == 0:
        os._exit(0)
    return pid > 0 and pid
attempt("fork", child, os.fork)
attempt("forkpty", child, os.forkpty)
attempt("libc fork", child, lambda: libc().fork())
