# category: processes
# attack: switch off what ends it with its parent, and change its session
# kind: stdin
import time
libc().prctl(1, 0, 0, 0, 0)
libc().prctl(36, 1, 0, 0, 0)
for act in (os.setsid, lambda: os.setpgid(0, 0)):
    try:
        act()
    except OSError:
        pass
time.sleep(30)
