# category: network
# attack: ask the kernel by netlink for interfaces, processes, audit and devices
# kind: stdin
import socket, struct
def interfaces():
    one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    one.send(struct.pack("IHHII", 20, 18, 0x301, 1, 0) + bytes(4))
    answer = one.recv(65536)
    return answer if answer.count(b"\x03\x00") and (b"eth0" in answer or b"docker" in answer or b"ens" in answer) else None
attempt("interfaces", interfaces)
for protocol in (2, 4, 6, 9, 11, 12, 15, 16, 18, 20):
    attempt(f"netlink {protocol}", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol).bind((0, 0)) is None and protocol in (4, 9, 11, 15) and "a netlink of the machine")
