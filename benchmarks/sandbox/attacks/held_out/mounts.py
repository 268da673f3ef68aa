# category: kernel
# attack: mount, unmount and change the root
# kind: stdin
attempt("mount tmpfs", lambda: syscall(165, b"none", b"/tmp", b"tmpfs", 0, 0) == 0)
attempt("remount", lambda: syscall(165, b"", b"/", b"", 0x20 | 0x1000, 0) == 0)
attempt("bind", lambda: syscall(165, b"/", b"/tmp", b"", 0x1000, 0) == 0)
attempt("umount", lambda: syscall(166, b"/proc", 2) == 0)
attempt("pivot_root", lambda: syscall(155, b"/", b"/") == 0)
attempt("chroot", lambda: os.chroot("/") is None)
attempt("chroot elsewhere", lambda: os.chroot(os.path.dirname(os.__file__)) is None)
attempt("fsopen", lambda: syscall(430, b"tmpfs", 0) + 1)
attempt("open_tree clone", lambda: syscall(428, -100, b"/", 1) + 1)
attempt("move_mount", lambda: syscall(429, -100, b"/", -100, b"/tmp", 0) == 0)
attempt("mount_setattr", lambda: syscall(442, -100, b"/", 0, bytes(32), 32) == 0)
attempt("fspick", lambda: syscall(433, -100, b"/", 0) + 1)
