# category: privilege
# attack: a new user namespace by clone3, whose flags a filter cannot see
# kind: stdin
import ctypes, struct
def child(flags):
    arguments = ctypes.create_string_buffer(struct.pack("QQQQQQQQ", flags, 0, 0, 0, 17, 0, 0, 0), 64)
    pid = syscall(435, arguments, 64)
    return pid or os._exit(0)
attempts("clone3", child, [0x10000000, 0x10000000 | 0x00020000, 0x40000000, 0])
