# category: network
# attack: sockets by the raw calls, without the module
# kind: stdin
import ctypes, struct
address = ctypes.create_string_buffer(struct.pack("<H", 2) + struct.pack("!H", INFO["port"]) + bytes([127, 0, 0, 1]) + bytes(8), 16)
def reach(kind):
    fd = syscall(41, 2, kind, 0)
    syscall(42, fd, address, 16)
    return os.write(fd, b"raw")
attempts("socket and connect, type", reach, [1, 1 | 0o4000000, 1 | 0x40000000])
