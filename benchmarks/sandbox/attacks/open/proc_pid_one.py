# category: files
# attack: look at the first process and count the machine's processes
# kind: stdin
attempts("read", read, ["/proc/1/environ", "/proc/1/maps", "/proc/1/root/etc/passwd", "/proc/1/cwd/etc/passwd"])
attempt("many processes are seen", lambda: [pid for pid in os.listdir("/proc") if pid.isdigit()][8:])
attempt("kernel's processes are seen", lambda: b"kthreadd" in read("/proc/2/comm"))
