# category: network
# attack: sockets by the x32 numbers of the calls
# kind: stdin
import ctypes, struct
address = ctypes.create_string_buffer(struct.pack("<H", 2) + struct.pack("!H", INFO["port"]) + bytes([127, 0, 0, 1]) + bytes(8), 16)
def reach():
    fd = syscall(0x40000000 | 41, 2, 1, 0)
    syscall(42, fd, address, 16)
    return os.write(fd, b"x32")
attempt("x32 socket", reach)
attempt("x32 fork", lambda: syscall(0x40000000 | 57) or os._exit(0))
