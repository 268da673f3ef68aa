# category: cpu
# attack: ignores the signals of limits and takes the timers away
# kind: stdin
import signal, resource
for number in range(1, 65):
    try:
        signal.signal(number, lambda *_: None)
    except (OSError, ValueError):
        pass
for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
    signal.setitimer(timer, 0)
signal.alarm(0)
try:
    resource.setrlimit(resource.RLIMIT_CPU, (resource.getrlimit(resource.RLIMIT_CPU)[1],) * 2)
except (OSError, ValueError):
    pass
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
