# category: memory
# attack: memory the kernel itself cannot see, and locked memory
# kind: stdin
attempt("memfd_secret", lambda: syscall(447, 0) + 1)
attempt("mlockall", lambda: syscall(151, 3) == 0)
import mmap, ctypes
page = mmap.mmap(-1, 64 << 20)
attempt("mlock of 64 MB", lambda: syscall(149, ctypes.addressof(ctypes.c_char.from_buffer(page)), 64 << 20) == 0)
