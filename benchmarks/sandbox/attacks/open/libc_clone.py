# category: processes
# attack: libc's clone with a function of libc as the child
# kind: stdin
import ctypes
def clone(flags):
    raw = libc()
    stack = ctypes.create_string_buffer(65536)
    top = (ctypes.addressof(stack) + 65536) & ~15
    pid = raw.clone(ctypes.cast(raw._exit, ctypes.c_void_p), ctypes.c_void_p(top), flags, ctypes.c_void_p(0))
    if pid < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return pid
attempts("flags", clone, [17, 0x100 | 17, 0x100 | 0x4000 | 17, 0x100 | 0x200 | 0x400, 0x8000 | 0x100 | 17])
