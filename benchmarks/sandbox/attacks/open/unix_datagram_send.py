# category: network
# attack: send to a unix datagram socket without connect
# kind: stdin
import socket
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
attempt("sendto a path", lambda: one.sendto(b"datagram", INFO["unix_datagram"]))
pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
attempt("sendto from a pair", lambda: pair[0].sendto(b"datagram", INFO["unix_datagram"]))
attempt("sendto abstract from a pair", lambda: pair[0].sendto(b"datagram", "\0" + INFO["abstract_datagram"]))
attempt("connect again of a pair", lambda: pair[0].connect("\0" + INFO["abstract_datagram"]) is None and pair[0].send(b"datagram"))
