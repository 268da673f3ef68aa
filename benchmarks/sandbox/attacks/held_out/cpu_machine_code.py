# category: cpu
# attack: a loop in machine code, with all signals blocked
# kind: stdin
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
machine_code(b"\xeb\xfe")
