# category: processes
# attack: become another Python, without the sandbox's start
# kind: stdin
attempt("exec", lambda: os.execv(sys.executable or "/usr/bin/python3", ["python", "-I", "-S", "-c", "print('ESCAPED another Python runs')"]))
attempt("exec by PATH", lambda: os.execvp("python3", ["python3", "-c", "print('ESCAPED another Python runs')"]))
attempt("exec of /proc/self/exe", lambda: os.execv("/proc/self/exe", ["python", "-c", "print('ESCAPED another Python runs')"]))
