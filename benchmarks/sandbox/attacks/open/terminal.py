# category: signals
# attack: push input into the terminal, or take it over
# kind: stdin
import fcntl, termios
def push(fd):
    fcntl.ioctl(fd, termios.TIOCSTI, b"\n")
    return "a key was pushed"
attempts("TIOCSTI on", push, [0, 1, 2])
attempts("TIOCSPGRP on", lambda fd: fcntl.ioctl(fd, termios.TIOCSPGRP, os.getpgrp().to_bytes(4, "little")), [0, 1, 2])
attempt("open the terminal", lambda: push(os.open("/dev/tty", os.O_RDWR)))
attempts("TIOCLINUX on", lambda fd: fcntl.ioctl(fd, 0x541C, b"\x02\0") + 1, [0, 1, 2])
