# category: files
# attack: watch a secret's folder for activity
# kind: stdin
# disputed: yes
attempts("watch", lambda path: syscall(254, syscall(294, 0), path.encode(), 0xFFF) > 0, [INFO["home"], INFO["cwd"], INFO["tmp"], "/etc"])
