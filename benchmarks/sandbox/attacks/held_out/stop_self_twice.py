# category: signals
# attack: stop again whenever it is continued, by SIGTSTP and SIGTTIN too
# kind: stdin
import signal
while True:
    for number in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGSTOP):
        os.kill(os.getpid(), number)
