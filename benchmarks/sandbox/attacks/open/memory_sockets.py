# category: memory
# attack: fill socket buffers, and send descriptors inside them
# kind: stdin
import socket
total = 0
pairs = []
try:
    while total < INFO["memory_mb"] * 2 << 20:
        a, b = socket.socketpair()
        pairs.append((a, b))
        a.setblocking(False)
        for option in (32, socket.SO_SNDBUF):
            try:
                a.setsockopt(socket.SOL_SOCKET, option, 64 << 20)
            except OSError:
                pass
        try:
            while True:
                total += a.send(bytes(65536))
        except BlockingIOError:
            pass
except OSError:
    pass
say(f"{total >> 20} MB in {len(pairs)} pairs")
if total > INFO["memory_mb"] << 20:
    say("ESCAPED socket buffers hold more than the limit")
