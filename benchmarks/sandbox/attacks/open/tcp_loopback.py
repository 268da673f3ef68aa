# category: network
# attack: connect to a listener of the machine over TCP
# kind: stdin
import socket
for host in ("127.0.0.1", "localhost", "0.0.0.0", "127.1", "::1", "::ffff:127.0.0.1", "0", "127.255.255.254"):
    attempt(f"TCP to {host}", lambda: socket.create_connection((host, INFO["port"]), timeout=0.3).send(b"tcp"))
one = socket.socket()
one.setblocking(False)
attempt("non-blocking", lambda: one.connect_ex(("127.0.0.1", INFO["port"])) in (0, 115) and one.send(b"tcp"))
