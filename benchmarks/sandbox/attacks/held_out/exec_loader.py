# category: processes
# attack: start a program by the dynamic loader
# kind: stdin
for loader in ("/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "/usr/lib64/ld-linux-x86-64.so.2"):
    attempt(loader, lambda: os.execv(loader, ["ld.so", sys.executable or "/usr/bin/python3", "-c", "print('ESCAPED through the loader')"]))
