# category: privilege
# attack: become other users
# kind: stdin
attempts("user", lambda uid: os.setuid(uid) is None and os.getuid() == uid, [uid for uid in (1, 2, 33, 65533, 65534, 1000, 1001) if uid != os.getuid()])
attempts("group", lambda gid: os.setgid(gid) is None and os.getgid() == gid, [gid for gid in (4, 6, 42, 27, 999) if gid != os.getgid()])
