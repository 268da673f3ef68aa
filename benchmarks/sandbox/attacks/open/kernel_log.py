# category: kernel
# attack: read and clear the log of the kernel
# kind: stdin
import ctypes
buffer = ctypes.create_string_buffer(4096)
attempt("read", lambda: syscall(103, 3, buffer, 4096) and buffer.value[:100])
attempt("size", lambda: syscall(103, 10, 0, 0))
attempt("console level", lambda: syscall(103, 8, 0, 1) == 0)
