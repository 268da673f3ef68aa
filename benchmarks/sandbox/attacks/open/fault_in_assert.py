# category: harness
# attack: abort, illegal instruction and stack overflow while a test waits
# kind: assert
# test: assert attack({info}, 0) == "{token}"
# test: assert attack({info}, 1) == "{token}"
# test: assert attack({info}, 2) == "{token}"
import os, signal, sys
def deep(one):
    return deep([one])
def attack(info, way):
    if way == 0:
        os.abort()
    if way == 1:
        os.kill(os.getpid(), signal.SIGILL)
    sys.setrecursionlimit(10**9)
    return deep(0)
