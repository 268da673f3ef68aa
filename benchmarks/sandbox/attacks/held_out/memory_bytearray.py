# category: memory
# attack: grow a bytearray
# kind: stdin
data = bytearray()
def grow():
    while len(data) < 1_200_000_000:
        data.extend(bytes(8_000_000))
    return len(data)
attempt("touched", lambda: grow() > INFO["memory_mb"] * 1_500_000)
