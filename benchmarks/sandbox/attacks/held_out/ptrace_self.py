# category: kernel
# attack: be traced by the parent
# kind: stdin
import time
try:
    syscall(101, 0, 0, 0, 0)
    say("ESCAPED PTRACE_TRACEME")
    os.kill(os.getpid(), 19)
    time.sleep(1)
except OSError:
    pass
