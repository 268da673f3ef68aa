# category: cpu
# attack: a loop without end
# kind: stdin
while True:
    pass
