# category: honest
# program: an alarm of its own
# kind: stdin
# expect: alarm
import signal, time
class Alarm(Exception):
    pass
def handler(number, frame):
    raise Alarm
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.1)
try:
    time.sleep(3)
except Alarm:
    print("alarm")
