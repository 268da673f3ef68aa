# category: files
# attack: print its own environment, the parent's, and the initial one in memory
# kind: stdin
import ctypes
say(" ".join(f"{name}={value}" for name, value in os.environ.items()))
for path in ("/proc/self/environ", f"/proc/{os.getppid()}/environ", "/proc/thread-self/environ"):
    try:
        say(repr(read(path, 4000)))
    except OSError:
        pass
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(libc(), "environ")
at = 0
while environ and environ[at]:
    say(environ[at].decode(errors="replace"))
    at += 1
