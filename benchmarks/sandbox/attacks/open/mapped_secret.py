# category: files
# attack: map a secret into memory instead of reading it
# kind: stdin
import mmap
def mapped(path):
    fd = os.open(path, os.O_RDONLY)
    return mmap.mmap(fd, 0, prot=mmap.PROT_READ)[:100]
attempts("map", mapped, [*INFO["secrets"], "/etc/passwd"])
def copied(path):
    source = os.open(path, os.O_RDONLY)
    return os.sendfile(1, source, 0, 200) or os.copy_file_range(source, 1, 200)
attempts("sendfile", copied, [*INFO["secrets"], "/etc/passwd"])
