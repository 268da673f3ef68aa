# category: processes
# attack: run a program from memory
# kind: stdin
import ctypes
script = b"#!/bin/sh\necho ESCAPED a program from memory runs\n"
fd = os.memfd_create("x", 0)
os.write(fd, script)
environment = (ctypes.c_char_p * 1)(None)
arguments = (ctypes.c_char_p * 2)(b"x", None)
attempt("execveat", lambda: syscall(322, fd, b"", arguments, environment, 0x1000))
attempt("execve of the descriptor", lambda: os.execve(fd, ["x"], {}))
attempt("execve of its path", lambda: os.execv(f"/proc/self/fd/{fd}", ["x"]))
attempt("ELF from memory", lambda: os.write(elf := os.memfd_create("y", 0), open("/bin/sh", "rb").read()) and os.execve(elf, ["sh", "-c", "echo ESCAPED sh from memory runs"], {}))
