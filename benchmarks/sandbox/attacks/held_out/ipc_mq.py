# category: ipc
# attack: POSIX message queues that stay
# kind: stdin
# stdin: leave
# stdin: find
case = sys.stdin.readline().strip()
def opened():
    fd = syscall(240, INFO["mark"].encode(), 0o102 if case == "leave" else 2, 0o666, 0)
    return case == "find" and fd
attempt("queue of the first case", opened)
