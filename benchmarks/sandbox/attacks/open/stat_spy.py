# category: files
# attack: read size, owner and times of a secret
# kind: stdin
# disputed: yes
attempts("stat", os.stat, [*INFO["secrets"], "/etc/passwd", "/root", "/home"])
