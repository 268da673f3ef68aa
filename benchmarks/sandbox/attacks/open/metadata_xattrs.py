# category: files
# attack: set extended attributes on a file of the user
# kind: stdin
attempts("setxattr", lambda path: os.setxattr(path, "user.note", b"left") is None, INFO["secrets"])
attempts("setxattr of a folder", lambda path: os.setxattr(path, "user.note", b"left") is None, [INFO["home"], INFO["cwd"]])
attempts("setxattrat", lambda path: syscall(463, -100, path.encode(), 0, b"user.note", 0, 0) == 0, INFO["secrets"])
attempts("removexattr", lambda path: os.removexattr(path, "user.old") is None, INFO["secrets"])
