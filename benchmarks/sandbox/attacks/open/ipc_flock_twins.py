# category: ipc
# attack: two programs that talk by locks on a file of the library
# kind: stdin
# with: twin
import fcntl, sys, time
who = sys.stdin.readline().strip()
file = open(os.__file__)
time.sleep(0.3)
if who == "twin":
    time.sleep(0.5)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another program holds the lock")
else:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        pass
    time.sleep(1.2)
