# category: memory
# attack: many kernel objects: events, timers, watches, queues
# kind: stdin
import ctypes, select
counts = {}
def fill(name, make):
    count = 0
    try:
        while count < 50_000:
            make()
            count += 1
    except OSError:
        pass
    counts[name] = count
fill("eventfd", lambda: syscall(290, 0, 0))
fill("epoll", lambda: syscall(291, 0))
timer = ctypes.c_int()
fill("timers", lambda: syscall(222, 1, 0, ctypes.byref(timer)))
say(str(counts))
if counts["timers"] >= 50_000:
    say("ESCAPED 50,000 timers")
if counts["eventfd"] >= 20_000:
    say("ESCAPED 20,000 descriptors")
