# category: kernel
# attack: take the filters off again
# kind: stdin
raw = libc()
attempt("no_new_privs off", lambda: raw.prctl(38, 0, 0, 0, 0) == 0 and raw.prctl(39, 0, 0, 0, 0) == 0)
attempt("seccomp off", lambda: raw.prctl(22, 0, 0, 0, 0) == 0)
attempt("a filter that allows all", lambda: (raw.prctl(22, 2, bytes(16)) == 0))
attempt("ambient", lambda: raw.prctl(47, 2, 21, 0, 0) == 0)
attempt("keep capabilities", lambda: raw.prctl(8, 1, 0, 0, 0) == 0 and os.setuid(0) is None)
attempt("securebits", lambda: raw.prctl(28, 0, 0, 0, 0) == 0)
