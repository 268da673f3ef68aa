# category: memory
# attack: shared memory of System V and POSIX
# kind: stdin
import ctypes
raw = libc()
raw.shmat.restype = ctypes.c_void_p
total = 0
def segment():
    one = raw.shmget(0, 64 << 20, 0o600 | 0o1000)
    if one < 0:
        raise OSError("refused")
    at = raw.shmat(one, None, 0)
    if at in (None, 2**64 - 1):
        raw.shmctl(one, 0, None)
        raise OSError("refused")
    ctypes.memset(at, 1, 64 << 20)
    raw.shmdt(ctypes.c_void_p(at))
    return one
kept = []
try:
    while len(kept) * 64 < INFO["memory_mb"] * 2:
        kept.append(segment())
except OSError:
    pass
for one in kept:
    raw.shmctl(one, 0, None)
if len(kept) * 64 > INFO["memory_mb"]:
    say(f"ESCAPED {len(kept) * 64} MB of System V segments")
from multiprocessing import shared_memory
def posix():
    one = shared_memory.SharedMemory(create=True, size=1 << 20)
    one.unlink()
    return one.name
attempt("POSIX shared memory", posix)
