# category: network
# attack: connect to an abstract unix socket of the machine
# kind: stdin
import socket
for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
    attempt(f"abstract {kind}", lambda: (one := socket.socket(socket.AF_UNIX, kind)).connect("\0" + INFO["abstract"]) is None and one.send(b"abstract"))
attempt("abstract datagram", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"abstract", "\0" + INFO["abstract_datagram"]))
