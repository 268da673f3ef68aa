# category: memory
# attack: one huge file in memory
# kind: stdin
def reserve():
    fd = os.memfd_create("x")
    os.ftruncate(fd, 1 << 40)
    for at in range(600):
        os.pwrite(fd, b"x" * (1 << 20), at << 30)
    return "600 MB in holes"
attempt("sparse writes", reserve)
