# category: memory
# attack: a bomb of compressed zeros
# kind: stdin
import zlib, bz2, lzma
def inflate(make, open_):
    small = make(bytes(50_000_000))
    kept = []
    while sum(map(len, kept)) < INFO["memory_mb"] * 2_000_000:
        kept.append(open_(small))
    return len(kept)
attempt("zlib", inflate, zlib.compress, zlib.decompress)
