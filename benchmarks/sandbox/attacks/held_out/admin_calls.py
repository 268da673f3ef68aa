# category: kernel
# attack: calls of an administrator, with values that do nothing
# kind: stdin
import ctypes, struct
allowed = []
def reached(number, *args):
    try:
        return syscall(number, *args) == 0
    except OSError as error:
        if error.errno in (22, 14, 2, 8, 19):
            return f"passed the check of rights: {error}"
        raise
attempt("reboot", reached, 169, 0, 0, 0, 0)
attempt("kexec_load", reached, 246, 0, 17, 0, 1 << 30)
attempt("init_module", reached, 175, 0, 0, 0)
attempt("finit_module", reached, 313, 0, 0, 1 << 20)
attempt("delete_module", reached, 176, b"no_such_module", 0x800)
attempt("swapon", reached, 167, b"/no/such/file", 0)
attempt("acct", reached, 163, b"/no/such/file")
attempt("settimeofday", reached, 164, ctypes.create_string_buffer(struct.pack("qq", -1, 10**9)), 0)
attempt("clock_settime", reached, 227, 0, ctypes.create_string_buffer(struct.pack("qq", -1, 10**10)))
attempt("sethostname", reached, 170, b"x", -1)
attempt("iopl", reached, 172, 9)
attempt("ioperm", lambda: syscall(173, 0x80, 1, 1) == 0)
attempt("vhangup", lambda: syscall(153) == 0)
attempt("modify_ldt", lambda: syscall(154, 0, bytes(64), 64) and None)
attempt("nfsservctl and old calls", lambda: [n for n in (134, 136, 139, 174, 177, 178, 180) if reached(n, 0, 0, 0)] and None)
