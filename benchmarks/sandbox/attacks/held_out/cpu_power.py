# category: cpu
# attack: a power that takes for ever
# kind: stdin
x = 7 ** (7 ** 11)
