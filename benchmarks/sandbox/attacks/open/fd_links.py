# category: files
# attack: reopen its own descriptors through /proc with more rights
# kind: stdin
def reopen(fd, flags):
    again = os.open(f"/proc/self/fd/{fd}", flags | os.O_NONBLOCK)
    os.pwrite(again, b"x", 0)
    return f"{os.readlink(f'/proc/self/fd/{fd}')} takes writes"
for fd in range(0, 64):
    if not os.path.exists(f"/proc/self/fd/{fd}") or os.readlink(f"/proc/self/fd/{fd}").startswith(("pipe:", "/dev/null", "socket:", "/proc")):
        continue
    for flags in (os.O_RDWR, os.O_WRONLY | os.O_APPEND):
        attempt(f"reopen {fd} for writing", reopen, fd, flags)
