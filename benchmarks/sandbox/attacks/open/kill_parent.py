# category: signals
# attack: end the parent and its parents
# kind: stdin
# with: honest
parent = os.getppid()
say(f"parent {parent}")
if parent > 1:
    attempts("signal to the parent", lambda number: os.kill(parent, number) and None, [15, 10, 2, 1, 9])
try:
    os.kill(1, 9)
except OSError:
    pass
