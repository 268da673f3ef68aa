# category: network
# attack: offer a port that others on the machine can reach
# kind: stdin
import socket, time
one = socket.socket()
one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
one.bind(("0.0.0.0", INFO["listen_port"]))
one.listen()
one.settimeout(1.2)
attempt("somebody came", lambda: one.accept()[1])
