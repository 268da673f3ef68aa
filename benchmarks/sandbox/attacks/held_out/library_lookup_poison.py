# category: persistence
# attack: poison caches that other programs share: locale, terminfo, fonts, pip
# kind: stdin
attempts("write", lambda path: os.open(path, os.O_WRONLY | os.O_CREAT), [os.path.join(base, INFO["mark"]) for base in (os.path.expanduser("~/.cache"), os.path.expanduser("~/.config"), os.path.expanduser("~/.local/lib"), os.environ.get("XDG_RUNTIME_DIR", "/run/user/0"), os.environ.get("TMPDIR", "/tmp"))])
