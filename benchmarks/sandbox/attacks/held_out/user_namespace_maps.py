# category: privilege
# attack: a user namespace in which it is root
# kind: stdin
def become():
    syscall(272, 0x10000000)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {os.getuid()} 1"), ("gid_map", f"0 {os.getgid()} 1")):
        try:
            open(f"/proc/self/{name}", "w").write(text)
        except OSError:
            pass
    return f"uid {os.getuid()}"
attempt("user namespace", become)
