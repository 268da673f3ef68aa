# category: memory
# attack: fill files in memory without mapping them
# kind: stdin
block = bytes(4 << 20)
files = []
def fill():
    total = 0
    while total < INFO["memory_mb"] * 3:
        fd = os.memfd_create("x")
        files.append(fd)
        for _ in range(16):
            total += os.write(fd, block) >> 20
    return f"{total} MB"
attempt("memfd", fill)
