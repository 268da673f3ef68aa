# category: files
# attack: leave through the links of its own process in /proc
# kind: stdin
attempts("read", read, [f"/proc/{own}/{link}/etc/passwd" for own in ("self", "thread-self", str(os.getpid()), f"self/task/{os.getpid()}") for link in ("root", "cwd/../../../../../..", "root/../proc/1/root")])
