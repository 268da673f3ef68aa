# category: processes
# attack: fork, vfork, clone and clone3 by number
# kind: stdin
import ctypes, struct
def child(*args):
    pid = syscall(*args)
    if pid == 0:
        os._exit(0)
    return pid
attempt("fork", child, 57)
attempt("clone", child, 56, 17, 0, 0, 0, 0)
attempt("clone without a signal", child, 56, 0, 0, 0, 0, 0)
attempt("clone with CLONE_PARENT", child, 56, 0x8000 | 17, 0, 0, 0, 0)
arguments = ctypes.create_string_buffer(struct.pack("QQQQQQQQ", 0, 0, 0, 0, 17, 0, 0, 0), 64)
attempt("clone3", child, 435, arguments, 64)
