# category: files
# attack: read environment, memory and files of other processes in /proc
# kind: stdin
for pid in [INFO["scorer"], os.getppid(), *[pid for pid, _ in INFO["victims"]]]:
    attempts("read", read, [f"/proc/{pid}/{name}" for name in ("environ", "cmdline", "maps", "auxv", "status", "root/etc/passwd", "cwd/notes.txt", "io", "stack")])
    attempts("list", os.listdir, [f"/proc/{pid}/fd", f"/proc/{pid}/cwd", f"/proc/{pid}/root"])
