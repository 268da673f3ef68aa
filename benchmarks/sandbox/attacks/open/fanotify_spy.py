# category: files
# attack: watch whole file systems
# kind: stdin
import ctypes
attempt("fanotify_init", lambda: syscall(300, 0, 0) + 1)
attempt("fanotify_init with reports of names", lambda: syscall(300, 0x200 | 0xC00, 0) + 1)
