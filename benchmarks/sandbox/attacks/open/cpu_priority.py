# category: cpu
# attack: real-time scheduling and higher priority
# kind: stdin
attempts("nice", lambda n: os.nice(n) is not None and os.nice(0) < 0, [-20, -1])
attempts("scheduler", lambda policy: os.sched_setscheduler(0, policy, os.sched_param(1)) is None, [os.SCHED_FIFO, os.SCHED_RR])
import ctypes, struct
attempt("deadline", lambda: syscall(314, 0, ctypes.create_string_buffer(struct.pack("IIQiIQQQ", 48, 6, 0, 0, 0, 10**7, 10**8, 10**8), 48), 0) == 0)
attempt("real-time input and output", lambda: syscall(251, 1, 0, (1 << 13) | 0) == 0)
