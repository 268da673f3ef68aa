# category: output
# attack: write to the output without end
# kind: stdin
while True:
    sys.stdout.write("x" * 1000 + "\n")
