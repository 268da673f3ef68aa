# category: network
# attack: send datagrams to a listener of the machine
# kind: stdin
import socket
def send(family, host, protocol=0):
    one = socket.socket(family, socket.SOCK_DGRAM, protocol)
    return one.sendto(b"udp", (host, INFO["udp_port"])) and None
for args in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "255.255.255.255"), (socket.AF_INET6, "::ffff:127.0.0.1"), (socket.AF_INET, "127.0.0.1", 136), (socket.AF_INET, "224.0.0.1")):
    attempt(f"UDP {args}", send, *args)
def connected():
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.connect(("127.0.0.1", INFO["udp_port"]))
    return one.send(b"udp") and None
attempt("connected UDP", connected)
