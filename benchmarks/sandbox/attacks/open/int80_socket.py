# category: kernel
# attack: 32-bit calls by int 0x80: socket, fork, open
# kind: stdin
def int80(number, b=0, c=0, d=0):
    import struct
    code = b"\x53" + b"\xb8" + struct.pack("<I", number) + b"\xbb" + struct.pack("<I", b) + b"\xb9" + struct.pack("<I", c) + b"\xba" + struct.pack("<I", d) + b"\xcd\x80" + b"\x48\x98" + b"\x5b\xc3"
    result = machine_code(code)
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result
attempt("int 0x80 socket", lambda: int80(359, 2, 1, 0) + 1)
attempt("int 0x80 fork", lambda: int80(2) or os._exit(0))
attempt("int 0x80 memfd_create", lambda: int80(356, 0, 0))
