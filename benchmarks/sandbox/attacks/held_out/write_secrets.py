# category: files
# attack: change, cut off and append to files of the user
# kind: stdin
attempts("append to", lambda path: open(path, "ab").write(b"changed"), INFO["secrets"])
attempts("overwrite", lambda path: os.write(os.open(path, os.O_RDWR), b"changed"), INFO["secrets"])
attempts("truncate", lambda path: os.truncate(path, 1) is None, INFO["secrets"])
attempts("truncate by open", lambda path: os.open(path, os.O_WRONLY | os.O_TRUNC), INFO["secrets"])
attempts("truncate by the raw call", lambda path: syscall(76, path.encode(), 1) == 0, INFO["secrets"])
attempts("truncate by O_RDONLY with O_TRUNC", lambda path: os.open(path, os.O_RDONLY | os.O_TRUNC), INFO["secrets"])
