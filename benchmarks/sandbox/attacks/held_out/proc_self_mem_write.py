# category: files
# attack: overwrite read-only memory of its own through /proc/self/mem
# kind: stdin
import ctypes
def overwrite():
    text = ctypes.cast(libc().getpid, ctypes.c_void_p).value
    with open("/proc/self/mem", "r+b", buffering=0) as file:
        file.seek(text)
        old = file.read(1)
        file.seek(text)
        return file.write(old)
attempt("write to its code", overwrite)
