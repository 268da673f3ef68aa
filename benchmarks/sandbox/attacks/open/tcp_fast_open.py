# category: network
# attack: send in the first packet without connect
# kind: stdin
import socket
one = socket.socket()
attempt("fast open", lambda: one.sendto(b"fast", 0x20000000, ("127.0.0.1", INFO["port"])))
two = socket.socket()
attempt("sendmsg", lambda: two.sendmsg([b"fast"], [], 0x20000000, ("127.0.0.1", INFO["port"])))
three = socket.socket()
three.setsockopt(6, 30, 1)
attempt("fast open at connect", lambda: three.connect(("127.0.0.1", INFO["port"])) is None and three.send(b"fast"))
