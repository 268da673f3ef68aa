# category: privilege
# attack: keep or take capabilities
# kind: stdin
import ctypes, struct
header = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0), 8)
data = ctypes.create_string_buffer(24)
try:
    syscall(125, header, data)
    effective, permitted, inheritable, effective2, permitted2, _ = struct.unpack("6I", data.raw)
    if effective or permitted or effective2 or permitted2:
        say(f"ESCAPED capabilities {permitted2:x}{permitted:08x}")
except OSError:
    pass
attempt("capset", lambda: syscall(126, header, ctypes.create_string_buffer(struct.pack("6I", 1 << 21, 1 << 21, 0, 0, 0, 0), 24)) == 0)
