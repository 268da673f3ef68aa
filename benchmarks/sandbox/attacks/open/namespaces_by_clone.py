# category: privilege
# attack: new namespaces by clone and unshare
# kind: stdin
def made(flag):
    return syscall(272, flag) == 0
attempts("unshare", made, [0x10000000, 0x00020000, 0x40000000, 0x20000000, 0x08000000, 0x04000000, 0x02000000, 0x00000080, 0x10000000 | 0x00020000, 0x10000000 | 0x40000000])
def clone(flag):
    pid = syscall(56, flag | 17, 0, 0, 0, 0)
    return pid or os._exit(0)
attempts("clone", clone, [0x10000000, 0x10000000 | 0x20000000, 0x10000000 | 0x00020000])
