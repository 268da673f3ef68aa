# category: network
# attack: reach the host of the virtual machine
# kind: stdin
import socket
def vsock(cid):
    one = socket.socket(40, socket.SOCK_STREAM)
    one.settimeout(0.3)
    one.connect((cid, INFO["vsock_port"]))
    return one.send(b"vsock")
attempts("vsock to", vsock, [0, 1, 2, 3, 0xFFFFFFFF])
attempt("vsock bind", lambda: (one := socket.socket(40, socket.SOCK_STREAM)).bind((0xFFFFFFFF, 0xFFFFFFFF)) is None and one.getsockname())
