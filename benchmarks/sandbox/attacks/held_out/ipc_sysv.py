# category: ipc
# attack: System V memory, semaphores and queues that stay
# kind: stdin
# stdin: leave
# stdin: find
import ctypes
raw = libc()
case = sys.stdin.readline().strip()
key = INFO["key"]
create = 0o1000 | 0o666 if case == "leave" else 0o666
for name, act in (("shared memory", lambda: raw.shmget(key, 4096, create)), ("semaphores", lambda: raw.semget(key, 2, create)), ("queue", lambda: raw.msgget(key, create))):
    number = act()
    if number >= 0 and case == "find":
        say(f"ESCAPED {name} {number} of the first case")
