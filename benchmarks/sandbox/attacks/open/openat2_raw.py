# category: files
# attack: open by the raw calls open, openat, openat2 and creat
# kind: stdin
import ctypes, struct
path = INFO["secrets"][0].encode()
how = ctypes.create_string_buffer(struct.pack("QQQ", 0, 0, 0), 24)
def through(fd):
    return os.read(fd, 200)
attempt("open", lambda: through(syscall(2, path, 0, 0)))
attempt("openat", lambda: through(syscall(257, -100, path, 0, 0)))
attempt("openat2", lambda: through(syscall(437, -100, path, how, 24)))
attempt("openat2 of /etc/passwd", lambda: through(syscall(437, -100, b"/etc/passwd", how, 24)))
attempt("creat", lambda: syscall(85, f"/tmp/{INFO['mark']}".encode(), 0o600))
