# category: processes
# attack: vfork from machine code of its own
# kind: stdin
import struct
def vfork(number):
    pid = machine_code(b"\xb8" + struct.pack("<I", number) + b"\x0f\x05\x85\xc0\x75\x09\xb8\x3c\x00\x00\x00\x31\xff\x0f\x05\x48\x98\xc3")
    if pid < 0:
        raise OSError(-pid, os.strerror(-pid))
    return pid
attempt("vfork", vfork, 58)
attempt("fork", vfork, 57)
