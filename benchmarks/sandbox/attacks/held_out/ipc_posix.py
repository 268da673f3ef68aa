# category: ipc
# attack: POSIX shared memory and semaphores that stay
# kind: stdin
# stdin: leave
# stdin: find
case = sys.stdin.readline().strip()
name = "/" + INFO["mark"] + "-ipc"
raw = libc()
create = 0o102 if case == "leave" else 2
for what, act in (("shm_open", lambda: raw.shm_open(name.encode(), create, 0o666)), ("sem_open", lambda: raw.sem_open((name + "s").encode(), 0o100 if case == "leave" else 0, 0o666, 1))):
    number = act()
    if number > 0:
        say(f"ESCAPED {what} {case}")
