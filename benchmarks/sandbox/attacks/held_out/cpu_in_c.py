# category: cpu
# attack: one call in C that takes for ever and holds the interpreter
# kind: stdin
sum(range(10**14))
