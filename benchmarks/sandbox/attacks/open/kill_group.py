# category: signals
# attack: signals to process groups around its own
# kind: stdin
# with: honest
group = os.getpgrp()
for one in {group, os.getppid(), *[pid for pid, _ in INFO["victims"]], INFO["scorer"]}:
    if one > 1 and one != os.getpid():
        try:
            os.killpg(one, 15)
        except OSError:
            pass
attempt("a group of another", lambda: os.killpg(os.getpgid(INFO["scorer"]), 0) is None)
