# category: memory
# attack: arrays of numpy
# kind: stdin
def grow():
    import numpy
    kept = [numpy.ones((INFO["memory_mb"] // 4, 1 << 20), dtype="uint8") for _ in range(8)]
    return len(kept)
attempt("arrays", grow)
