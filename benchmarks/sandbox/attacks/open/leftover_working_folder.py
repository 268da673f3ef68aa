# category: persistence
# attack: write in the working folder by other ways
# kind: stdin
# files: {"sub/data.txt": "original"}
attempt("in the folder of the file", lambda: open("sub/more.txt", "w").write("x"))
attempt("chmod of the folder", lambda: os.chmod(".", 0o777) is None)
attempt("chmod of the folder below", lambda: os.chmod("sub", 0o777) is None)
attempt("after chmod", lambda: open("sub/x", "w").write("x"))
attempt("folder", lambda: os.mkdir("new") is None)
attempt("utime", lambda: os.utime("sub/data.txt", (1, 1)) is None)
attempt("xattr", lambda: os.setxattr("sub/data.txt", "user.x", b"1") is None)
attempt("link", lambda: os.link("sub/data.txt", "sub/again.txt") is None)
