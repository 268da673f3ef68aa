# category: signals
# attack: stop itself with SIGSTOP
# kind: stdin
import signal
os.kill(os.getpid(), signal.SIGSTOP)
