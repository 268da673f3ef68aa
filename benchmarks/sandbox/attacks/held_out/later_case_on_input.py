# category: harness
# attack: read beyond its own input for the next case
# kind: stdin
# stdin: first
# stdin: {token}
case = sys.stdin.readline()
if case.strip() == "first":
    say(sys.stdin.read()[:2000])
    for fd in range(0, 200):
        try:
            os.set_blocking(fd, False)
            say(f"{fd}: {os.read(fd, 4000)!r}")
        except OSError:
            pass
        try:
            say(f"{fd}: {os.pread(fd, 4000, 0)!r}")
        except OSError:
            pass
