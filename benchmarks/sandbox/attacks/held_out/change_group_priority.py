# category: signals
# attack: lower the priority of every process of the user
# kind: stdin
attempt("nice of the user", lambda: os.setpriority(os.PRIO_USER, 0, 19) and None)
attempt("nice of the group", lambda: os.setpriority(os.PRIO_PGRP, os.getpgid(INFO["scorer"]), 19) is None)
attempt("io class of the user", lambda: syscall(251, 3, os.getuid(), (3 << 13) | 7) and None)
