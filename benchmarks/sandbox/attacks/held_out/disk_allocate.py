# category: disk
# attack: reserve a huge sparse or allocated file
# kind: stdin
for folder in folders():
    path = os.path.join(folder, INFO["mark"] + "-allocate")
    def allocate():
        fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        os.ftruncate(fd, 1 << 40)
        return path
    attempt(f"sparse in {folder}", allocate)
def fallocate(fd):
    os.posix_fallocate(fd, 0, 1 << 30)
    return True
attempts("fallocate of output", fallocate, [1, 2])
