# category: output
# attack: if the output is a file, make it huge
# kind: stdin
def stretch(fd):
    os.ftruncate(fd, 1 << 40)
    return True
attempts("truncate to a terabyte", stretch, [1, 2])
def seek(fd):
    os.lseek(fd, 1 << 36, os.SEEK_SET)
    os.write(fd, b"far")
    return True
attempts("write far out", seek, [1, 2])
attempts("read what is there", lambda fd: os.pread(fd, 100, 0), [1, 2])
