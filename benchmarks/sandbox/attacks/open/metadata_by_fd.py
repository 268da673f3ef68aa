# category: files
# attack: change files of the user through a descriptor that needs no right to read
# kind: stdin
import fcntl, struct
def by_path_fd(path):
    fd = os.open(path, 0o10000000)
    os.chmod(f"/proc/self/fd/{fd}", 0o777)
    return True
attempts("chmod through O_PATH", by_path_fd, INFO["secrets"])
attempts("utime through O_PATH", lambda path: os.utime(f"/proc/self/fd/{os.open(path, 0o10000000)}", (2, 2)) is None, INFO["secrets"])
attempts("immutable flag", lambda path: fcntl.ioctl(os.open(path, os.O_RDONLY), 0x40086602, struct.pack("l", 0x10)), [os.__file__])
