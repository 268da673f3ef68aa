# category: network
# attack: raw and packet sockets
# kind: stdin
import socket
attempt("raw ICMP", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("raw IP", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 255))
attempt("raw IPv6", lambda: socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58))
attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW, 0x0300))
attempt("packet datagram", lambda: socket.socket(17, socket.SOCK_DGRAM, 0x0300))
attempt("ping socket to the machine", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1).sendto(b"\x08\0\0\0\0\1\0\1", ("127.0.0.1", 0)) and socket.if_nameindex()[1:])
