# category: cpu
# attack: a loop that catches everything
# kind: stdin
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
