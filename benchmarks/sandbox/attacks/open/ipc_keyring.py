# category: ipc
# attack: keep something in the kernel's key rings
# kind: stdin
# stdin: leave
# stdin: find
case = sys.stdin.readline().strip()
import ctypes
for ring in (-4, -5, -3, -2, -1):
    if case == "leave":
        attempt(f"add_key to {ring}", lambda: syscall(248, b"user", INFO["mark"].encode(), b"kept", 4, ring) and ring in (-4, -5))
    else:
        attempt(f"find in {ring}", lambda: syscall(250, 10, ring, b"user", INFO["mark"].encode(), 0))
attempt("session keyring", lambda: syscall(250, 1, 0) and None)
attempt("request_key", lambda: syscall(249, b"user", INFO["mark"].encode(), b"", -4) and case == "find")
