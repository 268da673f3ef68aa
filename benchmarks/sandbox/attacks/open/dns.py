# category: network
# attack: look names up
# kind: stdin
import socket, struct
for name in ("example.com", "localhost.localdomain", "pypi.org", "metadata.google.internal", socket.gethostname()):
    attempt(f"look up {name}", lambda: [one for one in socket.getaddrinfo(name, 80) if not one[4][0].startswith(("127.", "::1"))])
query = struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) + b"\7example\3com\0" + struct.pack("!HH", 1, 1)
def ask(server):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.settimeout(0.2)
    one.sendto(query, (server, 53))
    return one.recv(512)
attempts("ask", ask, ["127.0.0.53", "127.0.0.1", "8.8.8.8"])
