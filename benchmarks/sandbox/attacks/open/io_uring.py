# category: kernel
# attack: requests that a filter of calls does not see
# kind: stdin
import ctypes
attempt("io_uring_setup", lambda: syscall(425, 4, ctypes.create_string_buffer(120)) + 1)
