# category: output
# attack: make the shared ends non-blocking and shrink them
# kind: stdin
import fcntl
for fd in range(0, 64):
    for act in (lambda: os.set_blocking(fd, False), lambda: fcntl.fcntl(fd, 1031, 4096), lambda: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)):
        try:
            act()
        except OSError:
            pass
for _ in range(500):
    try:
        os.write(1, b"y" * 4096)
    except OSError:
        pass
