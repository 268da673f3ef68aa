# category: files
# attack: change mode and owner of a file of the user
# kind: stdin
attempts("chmod", lambda path: os.chmod(path, 0o777) is None, INFO["secrets"])
attempts("fchmodat2", lambda path: syscall(452, -100, path.encode(), 0o777, 0) == 0, INFO["secrets"])
attempts("chmod of the folder", lambda path: os.chmod(path, 0o777) is None, [INFO["home"], INFO["cwd"], "/tmp", os.path.dirname(os.__file__)])
attempts("chown", lambda path: os.chown(path, os.getuid(), os.getgid()) is None, INFO["secrets"])
attempts("lchown", lambda path: os.lchown(path, -1, -1) is None, INFO["secrets"])
