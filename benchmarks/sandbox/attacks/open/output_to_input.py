# category: output
# attack: write to the descriptor of the input
# kind: stdin
attempt("write to fd 0", lambda: os.write(0, b"x" * 100) and "fd 0 takes writes" and None)
while True:
    try:
        os.write(0, b"x" * 65536)
    except OSError:
        break
