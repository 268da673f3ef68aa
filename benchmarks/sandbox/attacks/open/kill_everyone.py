# category: signals
# attack: signal to all processes and to the process group
# kind: stdin
# with: honest
import signal
for number in (0, signal.SIGCONT, signal.SIGTERM, signal.SIGKILL):
    for target in (-1, 0):
        if number == signal.SIGTERM:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            os.kill(target, number)
            if target == -1 and number == 0:
                say("signal 0 to all was taken")
        except OSError:
            pass
