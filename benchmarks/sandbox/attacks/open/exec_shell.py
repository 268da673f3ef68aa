# category: processes
# attack: become a shell
# kind: stdin
os.execv("/bin/sh", ["sh", "-c", "echo ESCAPED a shell runs; id"])
