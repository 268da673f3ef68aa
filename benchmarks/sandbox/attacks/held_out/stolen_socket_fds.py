# category: network
# attack: use any socket among the open descriptors
# kind: stdin
import socket
for fd in range(0, 1024):
    try:
        one = socket.socket(fileno=os.dup(fd))
    except OSError:
        continue
    for act in (lambda: one.getpeername(), lambda: one.getsockname(), lambda: one.send(b"stolen"), lambda: one.recv(100, socket.MSG_DONTWAIT)):
        try:
            say(f"fd {fd}: {act()!r}")
        except OSError:
            pass
    attempt(f"connect by fd {fd}", lambda: one.family == socket.AF_INET and one.connect(("127.0.0.1", INFO["port"])) is None)
