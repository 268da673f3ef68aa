# category: files
# attack: rename, remove and make names in every folder
# kind: stdin
def act(folder):
    base = os.path.join(folder, INFO["mark"])
    done = []
    for name, make in (("mkdir", lambda: os.mkdir(base + "-dir")), ("mkfifo", lambda: os.mkfifo(base + "-fifo")), ("mknod", lambda: os.mknod(base + "-node")), ("symlink", lambda: os.symlink("x", base + "-symlink"))):
        try:
            make()
            done.append(name)
        except OSError:
            pass
    return done
attempts("names in", act, folders())
attempts("remove", lambda path: os.unlink(path) is None, INFO["secrets"][1:])
attempts("rename", lambda path: os.rename(path, path + "-moved") is None, INFO["secrets"][1:])
attempt("exchange", lambda: syscall(316, -100, INFO["secrets"][0].encode(), -100, INFO["secrets"][1].encode(), 2) == 0)
