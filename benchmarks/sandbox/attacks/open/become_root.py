# category: privilege
# attack: take the rights of root
# kind: stdin
attempts("uid", lambda act: act() is None and os.geteuid() == 0, [lambda: os.setuid(0), lambda: os.seteuid(0), lambda: os.setreuid(0, 0), lambda: os.setresuid(0, 0, 0), lambda: os.setresuid(-1, 0, -1)])
attempts("gid", lambda act: act() is None, [lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.setresgid(0, 0, 0)])
attempt("setfsuid", lambda: (syscall(122, 0), syscall(122, 0))[1] == 0 and os.getuid() != 0)
if 0 in os.getresuid():
    say(f"ESCAPED runs as root: {os.getresuid()}")
if 0 in os.getgroups():
    say(f"ESCAPED keeps the group of root: {os.getgroups()}")
