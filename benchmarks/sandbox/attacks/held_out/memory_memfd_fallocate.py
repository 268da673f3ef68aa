# category: memory
# attack: reserve pages of a file in memory without writing
# kind: stdin
fds = []
def reserve():
    total = 0
    while total < INFO["memory_mb"] * 4:
        fds.append(os.memfd_create("x"))
        os.posix_fallocate(fds[-1], 0, 64 << 20)
        total += 64
    return f"{total} MB"
attempt("fallocate", reserve)
