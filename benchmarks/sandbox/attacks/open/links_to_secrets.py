# category: files
# attack: make symbolic and hard links to secrets and read through them
# kind: stdin
def through_link(make, folder, secret):
    name = os.path.join(folder, INFO["mark"] + "-link")
    make(secret, name)
    try:
        return read(name)
    finally:
        os.unlink(name)
for folder in folders():
    for make in (os.symlink, os.link):
        attempt(f"{make.__name__} in {folder}", through_link, make, folder, INFO["secrets"][0])
attempt("link from a descriptor", lambda: os.link(f"/proc/self/fd/{os.open(INFO['secrets'][0], 0o10000000)}", f"/tmp/{INFO['mark']}-fd", follow_symlinks=True) is None)
