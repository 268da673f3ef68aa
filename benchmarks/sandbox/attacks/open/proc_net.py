# category: files
# attack: find the sockets of the machine in /proc/net
# kind: stdin
for path in ("/proc/net/tcp", "/proc/self/net/tcp", "/proc/thread-self/net/tcp", f"/proc/{INFO['scorer']}/net/tcp", "/proc/1/net/tcp"):
    attempt(f"listener in {path}", lambda: b":%04X" % INFO["port"] in read(path, 1_000_000))
for path in ("/proc/net/unix", "/proc/self/net/unix"):
    attempt(f"unix sockets in {path}", lambda: INFO["abstract"].encode() in read(path, 1_000_000))
attempt("interfaces", lambda: [line for line in read("/proc/net/dev", 9999).decode().splitlines()[2:] if "lo:" not in line])
