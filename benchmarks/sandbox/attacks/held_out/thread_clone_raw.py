# category: processes
# attack: threads and shared-memory children by raw clone flags
# kind: stdin
import ctypes, struct
def clone(flags):
    stack = ctypes.create_string_buffer(65536)
    code = b"\x53\x41\x54\xb8\x38\0\0\0\xbf" + struct.pack("<I", flags) + b"\x48\xbe" + struct.pack("<Q", (ctypes.addressof(stack) + 65000) & ~15) + b"\x31\xd2\x4d\x31\xd2\x4d\x31\xc0\x0f\x05\x85\xc0\x75\x09\xb8\x3c\0\0\0\x31\xff\x0f\x05\x48\x98\x41\x5c\x5b\xc3"
    pid = machine_code(code)
    if pid < 0:
        raise OSError(-pid, os.strerror(-pid))
    return pid
attempts("a process that shares memory, flags", clone, [0x100, 0x100 | 17, 0x100 | 0x8000, 0x100 | 0x400, 0x100 | 0x200 | 0x400 | 0x800])
