# category: network
# attack: other protocols that reach a TCP listener
# kind: stdin
import socket
for name, family, protocol in (("MPTCP", socket.AF_INET, 262), ("SMC", 43, 0), ("SMC6", 43, 1), ("MPTCP over IPv6", socket.AF_INET6, 262), ("SCTP", socket.AF_INET, 132), ("DCCP", socket.AF_INET, 33)):
    def reach():
        one = socket.socket(family, 6 if protocol == 33 else socket.SOCK_STREAM, protocol)
        one.settimeout(0.3)
        if family == 43:
            import ctypes, struct
            address = struct.pack("<H", 2) + struct.pack("!H", INFO["port"]) + socket.inet_aton("127.0.0.1") + bytes(8)
            syscall(42, one.fileno(), ctypes.create_string_buffer(address, 16), 16)
        else:
            one.connect(("::ffff:127.0.0.1" if family == socket.AF_INET6 else "127.0.0.1", INFO["port"]))
        return one.send(b"other")
    attempt(name, reach)
