# category: files
# attack: write to Python's own library through maps and descriptors
# kind: stdin
import mmap
def shared(path):
    fd = os.open(path, os.O_RDWR)
    return len(mmap.mmap(fd, 0))
attempts("map for writing", shared, [os.__file__, json.__file__ if (json := __import__("json")) else "", sys.executable or "/usr/bin/python3"])
attempts("open for writing", lambda path: os.open(path, os.O_WRONLY), [os.__file__, sys.executable or "/usr/bin/python3", __import__("site").__file__])
