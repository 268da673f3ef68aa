# category: memory
# attack: large stacks of threads, and a stack without limit
# kind: stdin
import resource, threading
def deep(n=0):
    block = bytearray(1 << 20)
    return deep(n + 1) if n < 700 else len(block)
try:
    resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
except (OSError, ValueError):
    pass
sys.setrecursionlimit(10**6)
attempt("700 MB in frames", lambda: deep())
