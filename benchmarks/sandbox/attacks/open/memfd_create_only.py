# category: kernel
# attack: files in memory below the limit
# kind: stdin
# disputed: yes
attempt("memfd_create", lambda: os.memfd_create("x"))
