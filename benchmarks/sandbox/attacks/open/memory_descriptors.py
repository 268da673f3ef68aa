# category: memory
# attack: descriptors beyond the limit by sending them through a socket
# kind: stdin
import socket, array
total = 0
try:
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    a.setblocking(False)
    for _ in range(4000):
        fd = os.memfd_create("x")
        os.write(fd, bytes(1 << 20))
        a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
        os.close(fd)
        total += 1
        if total > INFO["memory_mb"] * 2:
            break
except OSError as error:
    say(f"stopped: {error}")
if total > INFO["memory_mb"] * 2:
    say(f"ESCAPED {total} MB in flight")
