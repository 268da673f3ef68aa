# category: output
# attack: write to the error output without end
# kind: stdin
while True:
    sys.stderr.write("e" * 1000 + "\n")
