# category: files
# attack: change the times of a file of the user
# kind: stdin
attempts("utime", lambda path: os.utime(path, (1, 1)) is None, INFO["secrets"])
attempts("utime of a folder", lambda path: os.utime(path) is None, [INFO["home"], INFO["cwd"], INFO["tmp"]])
attempts("utimensat by the raw call", lambda path: syscall(280, -100, path.encode(), 0, 0) == 0, INFO["secrets"])
attempts("utimes by the raw call", lambda path: syscall(235, path.encode(), 0) == 0, INFO["secrets"])
attempts("utime by the raw call", lambda path: syscall(132, path.encode(), 0) == 0, INFO["secrets"])
attempts("futimesat by the raw call", lambda path: syscall(261, -100, path.encode(), 0) == 0, INFO["secrets"])
