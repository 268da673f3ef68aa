# category: signals
# attack: block and ignore every signal, then sleep
# kind: stdin
import signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
libc().prctl(1, 0, 0, 0, 0)
while True:
    time.sleep(1)
